{{ config(tags = ['segment'], meta = {'primary_key': 'customer_id'}) }}

-- Bought once, in the last four months, and not yet again.
select *
from {{ ref('customers') }}
where
    orders = 1
    and days_since_last_order <= 120
