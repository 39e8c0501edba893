{#- The keys of those who are in a segment now, each once. A key that is null is nobody's. -#}
{% macro segment_members_sql(relation, key) -%}
    {%- set columns = tailrace.model_columns(relation) or {} -%}
    {%- set values = [] -%}
    {%- set known = [] -%}
    {%- for name in key -%}
        {%- set column = columns.get(name | lower, {'name': name, 'category': 'unknown'}) -%}
        {%- set quoted = tailrace.quote_name(column.name) -%}
        {%- do values.append(tailrace.text_value(quoted, column.category)) -%}
        {%- do known.append(quoted ~ ' is not null') -%}
    {%- endfor -%}
    select distinct {{ tailrace.record_key(values) }} as current_key from {{ relation }} where {{ known | join(' and ') }}
{%- endmacro %}
