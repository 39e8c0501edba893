{% macro table_format() -%}
    {{ return(adapter.dispatch('table_format', 'tailrace')()) }}
{%- endmacro %}

{% macro default__table_format() -%}
{%- endmacro %}

{#- Rows are updated, deleted and merged, which files alone do not allow. -#}
{% macro spark__table_format() -%}
    {{ return('using delta') }}
{%- endmacro %}
