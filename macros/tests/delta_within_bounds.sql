{#-
  Returns each measure of an activation's delta that is above its bound, as `runner plan` shows it. A
  delta that is not registered is out of bounds too: nobody counted it.
-#}
{% test delta_within_bounds(model, max_rows=none, max_delete_share=none, max_invalid_share=none) %}
    {%- set registered = 'select * from ' ~ tailrace.control_relation('tailrace_activations') ~ ' where relation = ' ~ tailrace.string_literal(tailrace.plain_relation(model)) -%}
    {%- set share = '100.0 * {} / nullif({}, 0)' -%}
    {%- set bounds = [
        ('rows', 'insert_rows + update_rows + delete_rows', max_rows),
        ('percent of the synced state to delete', share.format('delete_rows', 'synced_rows'), max_delete_share),
        ('percent of the model that is invalid', share.format('invalid_rows', '(model_rows - late_rows)'), max_invalid_share),
    ] %}
with

registrations as (
    {{ registered }}
)

select 'registered deltas' as measure, 0.0 as found, 1.0 as bound
from (select 1 as one) as nothing
where not exists (select 1 from registrations)
{%- for measure, found, bound in bounds if bound is not none %}

union all

select '{{ measure }}' as measure, {{ found }} as found, {{ bound }} as bound
from registrations
where {{ found }} > {{ bound }}
{%- endfor %}
{% endtest %}
