{{ config(tags = ['segment'], meta = {'primary_key': 'customer_id'}) }}

-- Spent much and still around.
select *
from {{ ref('customers') }}
where
    total_spent >= 150
    and days_since_last_order <= 90
