{{ tailrace.activation(
    ref('customers'),
    destination = 'braze_sandbox', service = 'users', sync_mode = 'upsert',
    primary_key = 'customer_id',
    identifiers = {'external_id': 'customer_id'},
    attributes  = {
        'email': 'email',
        'First order': 'first_order_on',
        'Last order': 'last_order_on',
        'Orders': 'orders',
        'Lifetime value': 'total_spent',
        'Average order': 'average_order',
        'Favourite weekday': 'favourite_weekday'
    }
) }}
