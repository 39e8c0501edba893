{{ config(tags = ['segment'], meta = {'primary_key': 'customer_id'}) }}

-- Used to come back, and has been quiet for three to eight weeks.
select *
from {{ ref('customers') }}
where
    orders >= 2
    and days_since_last_order between 21 and 60
