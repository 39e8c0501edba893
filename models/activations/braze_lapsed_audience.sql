{{ tailrace.activation(
    ref('lapsed_customers'),
    destination = 'braze_sandbox', service = 'user_list', sync_mode = 'membership',
    primary_key = 'customer_id',
    identifiers = {'external_id': 'customer_id'},
    settings    = {'audience_name': 'Lapsed customers'}
) }}
