with

purchases as (

    select
        order_id,
        customer_id,
        ordered_at,
        cds,
        amount
    from {{ ref('purchases') }}
    where cast(ordered_at as date) <= cast('{{ var("as_of") }}' as date)

)

select
    order_id,
    customer_id,
    ordered_at,
    cds,
    amount,
    -- What a shop's own system would know and the history does not.
    'cd_order' as product_id,
    'USD' as currency
from purchases
