with

orders as (

    select
        customer_id,
        ordered_at,
        amount
    from {{ ref('orders') }}

),

totals as (

    select
        customer_id,
        cast(min(ordered_at) as date) as first_order_on,
        cast(max(ordered_at) as date) as last_order_on,
        count(*) as orders,
        cast(sum(amount) as decimal(12, 2)) as total_spent,
        cast(avg(amount) as decimal(12, 2)) as average_order
    from orders
    group by customer_id

),

weekdays as (

    select
        customer_id,
        extract(isodow from ordered_at) as iso_weekday,
        count(*) as orders
    from orders
    group by customer_id, extract(isodow from ordered_at)

),

ranked_weekdays as (

    select
        customer_id,
        iso_weekday,
        row_number() over (partition by customer_id order by orders desc, iso_weekday asc) as place
    from weekdays

)

select
    totals.customer_id,
    -- Nobody's address: example.com is kept free for examples.
    'customer-' || totals.customer_id || '@example.com' as email,
    'card-' || totals.customer_id as card_number,
    totals.first_order_on,
    totals.last_order_on,
    totals.orders,
    totals.total_spent,
    totals.average_order,
    case ranked_weekdays.iso_weekday
        when 1 then 'Monday'
        when 2 then 'Tuesday'
        when 3 then 'Wednesday'
        when 4 then 'Thursday'
        when 5 then 'Friday'
        when 6 then 'Saturday'
        else 'Sunday'
    end as favourite_weekday,
    {{ dbt.datediff('totals.last_order_on', "cast('" ~ var('as_of') ~ "' as date)", 'day') }}
        as days_since_last_order
from totals
inner join ranked_weekdays
    on
        totals.customer_id = ranked_weekdays.customer_id
        and ranked_weekdays.place = 1
