{#- Returns the keys of a model that are null or occur more than once, with how many rows have them. -#}
{% test valid_primary_key(model, columns) %}
    {%- set known = (tailrace.model_columns(model) if model is not string) or {} -%}
    {%- set names = [] -%}
    {%- for column in ([columns] if columns is string else columns) -%}
        {%- do names.append(tailrace.quote_name(known.get(column | lower, {'name': column}).name)) -%}
    {%- endfor -%}
select
    {{ names | join(', ') }},
    count(*) as rows_of_this_key
from {{ model }}
group by {{ names | join(', ') }}
having count(*) > 1 or {{ names | join(' is null or ') }} is null
{% endtest %}
