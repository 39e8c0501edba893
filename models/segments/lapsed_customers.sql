{{ config(tags = ['segment'], meta = {'primary_key': 'customer_id'}) }}

-- Quiet for more than two months.
select *
from {{ ref('customers') }}
where
    days_since_last_order > 60
