{{ tailrace.activation(
    ref('first_time_buyers'),
    destination = 'braze_sandbox', service = 'subscription_status', sync_mode = 'membership',
    primary_key = 'customer_id',
    identifiers = {'external_id': 'customer_id'},
    settings    = {'subscription_group_id': '7f3c1c7e-5d0a-4f0e-9a58-2b6d1f6e0c11'}
) }}
