{{ config(tags = ['segment'], meta = {'primary_key': 'customer_id'}) }}

-- Came back at least twice and bought lately.
select *
from {{ ref('customers') }}
where
    orders >= 3
    and days_since_last_order <= 60
