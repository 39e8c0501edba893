{{ tailrace.activation(
    ref('vip_customers'),
    destination = 'braze_sandbox', service = 'users', sync_mode = 'mirror',
    primary_key = 'customer_id',
    identifiers = {'external_id': 'card_number'},
    attributes  = {
        'Lifetime value': 'total_spent',
        'Last order': 'last_order_on'
    }
) }}
