{% macro begin_swap() -%}
    {{ return(adapter.dispatch('begin_swap', 'tailrace')()) }}
{%- endmacro %}

{% macro default__begin_swap() -%}
{%- endmacro %}

{#- The hooks ended the transaction that dbt believes to be in; a delta and its predecessor change places in one. -#}
{% macro redshift__begin_swap() -%}
    begin
{%- endmacro %}
