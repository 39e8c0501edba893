{% macro duplicate_keys(rows, mapping, condition) -%}
    {{ return(adapter.dispatch('duplicate_keys', 'tailrace')(rows, mapping, condition)) }}
{%- endmacro %}

{% macro default__duplicate_keys(rows, mapping, condition) -%}
    {{ return(tailrace._duplicate_keys(rows, mapping, condition)) }}
{%- endmacro %}

{#-
  The second row of each key. One number is sorted in a fraction of the time that it is grouped in, as every group
  would be a row of its own; a text, or several columns, are not.
-#}
{% macro duckdb__duplicate_keys(rows, mapping, condition) -%}
    {%- if mapping.key_categories != ['integer'] -%}
        {{ return(tailrace.default__duplicate_keys(rows, mapping, condition)) }}
    {%- endif -%}
    {%- set second = 'qualify row_number() over (partition by ' ~ mapping.key_columns[0] ~ ') = 2' -%}
    {{ return(tailrace._duplicate_keys(rows, mapping, condition, second)) }}
{%- endmacro %}

{#-
  Likewise: one number is counted, which sorts it, and grouped only where the count says that one repeats. That is
  asked by a join, since a subquery among the conditions would keep the whole statement to one process.
-#}
{% macro postgres__duplicate_keys(rows, mapping, condition) -%}
    {%- if mapping.key_categories != ['integer'] -%}
        {{ return(tailrace.default__duplicate_keys(rows, mapping, condition)) }}
    {%- endif -%}
    {%- set counted %}
repeated_key as (
    select count({{ mapping.key_columns[0] }}) > count(distinct {{ mapping.key_columns[0] }}) as _found
    from {{ rows }} as model_row
    {%- if condition %}
    where {{ condition }}
    {%- endif %}
),
{% endset -%}
    {%- set grouped = tailrace._duplicate_keys(
        'repeated_key cross join ' ~ rows, mapping, 'repeated_key._found' ~ (' and ' ~ condition if condition else '')
    ) -%}
    {{ return(counted ~ grouped) }}
{%- endmacro %}

{% macro redshift__duplicate_keys(rows, mapping, condition) -%}
    {{ return(tailrace.default__duplicate_keys(rows, mapping, condition)) }}
{%- endmacro %}

{#- `second` picks the second row of each key; without it keys are grouped. -#}
{% macro _duplicate_keys(rows, mapping, condition, second=none) %}
duplicate_keys as (
    select
        {%- for column in mapping.key_columns %}
        {{ column }} as _key_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ rows }} as model_row
    where {{ mapping.key_columns | join(' is not null and ') }} is not null
        {%- if condition %} and {{ condition }}{% endif %}
    {%- if second %}
    {{ second }}
    {%- else %}
    group by {{ mapping.key_columns | join(', ') }}
    having count(*) > 1
    {%- endif %}
),
{%- endmacro %}
