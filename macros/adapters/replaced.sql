{% macro replaced(expression, pattern, text) -%}
    {{ return(adapter.dispatch('replaced', 'tailrace')(expression, pattern, text)) }}
{%- endmacro %}

{#- Every match of a pattern gives way to a text. -#}
{% macro default__replaced(expression, pattern, text) -%}
    {{ return('regexp_replace(' ~ expression ~ ", '" ~ pattern ~ "', '" ~ text ~ "')") }}
{%- endmacro %}

{% macro duckdb__replaced(expression, pattern, text) -%}
    {{ return('regexp_replace(' ~ expression ~ ", '" ~ pattern ~ "', '" ~ text ~ "', 'g')") }}
{%- endmacro %}

{% macro postgres__replaced(expression, pattern, text) -%}
    {{ return(tailrace.duckdb__replaced(expression, pattern, text)) }}
{%- endmacro %}

{% macro redshift__replaced(expression, pattern, text) -%}
    {{ return(tailrace.default__replaced(expression, pattern, text)) }}
{%- endmacro %}
