with

days as (

    select
        ordered_on,
        purchases
    from {{ ref('cdnow_days') }}

),

entries as (

    select
        ordered_on,
        unnest(string_to_array(purchases, ' ')) as entry
    from days

),

purchases as (

    select
        ordered_on,
        cast(split_part(entry, ':', 1) as integer) as customer_number,
        cast(split_part(entry, ':', 2) as integer) as cds,
        cast(split_part(entry, ':', 3) as integer) as cents
    from entries

)

select
    -- Counted over the whole history, so a purchase keeps its number whatever the date is.
    row_number() over (order by ordered_on, customer_number, cds, cents) as order_id,
    lpad(cast(customer_number as {{ dbt.type_string() }}), 5, '0') as customer_id,
    cast(ordered_on as timestamp) as ordered_at,
    cds,
    cast(cents / 100.0 as decimal(12, 2)) as amount
from purchases
