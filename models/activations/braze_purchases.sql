{# 1997 is long ago; fresh events do well with the default of 90 days #}
{{ tailrace.activation(
    ref('orders'),
    destination = 'braze_sandbox', service = 'purchases', sync_mode = 'incremental',
    primary_key = 'order_id',
    identifiers = {'external_id': 'customer_id'},
    attributes  = {
        'time': 'ordered_at',
        'product_id': 'product_id',
        'currency': 'currency',
        'price': 'amount',
        'CDs': 'cds'
    },
    lookback = '20000 days'
) }}
