{% macro repeated_keys(mapping) -%}
    {{ return(adapter.dispatch('repeated_keys', 'tailrace')(mapping)) }}
{%- endmacro %}

{#- What follows a query for the keys of `model_row`, so that it gives each that occurs more than once, once. -#}
{% macro default__repeated_keys(mapping) -%}
    {%- set tail %}
    group by {{ mapping.key_columns | join(', ') }}
    having count(*) > 1
    {%- endset -%}
    {{ return(tail) }}
{%- endmacro %}

{#-
  The second row of each key. One number is sorted in a fraction of the time that it is grouped in, as every group
  would be a row of its own; a text, or several columns, are not.
-#}
{% macro duckdb__repeated_keys(mapping) -%}
    {%- if mapping.key_categories == ['integer'] -%}
        {{ return('\n    qualify row_number() over (partition by ' ~ mapping.key_columns[0] ~ ') = 2') }}
    {%- endif -%}
    {{ return(tailrace.default__repeated_keys(mapping)) }}
{%- endmacro %}
