{% macro base64(expression) -%}
    {{ return(adapter.dispatch('base64', 'tailrace')(expression)) }}
{%- endmacro %}

{% macro default__base64(expression) -%}
    {{ return('to_base64(' ~ expression ~ ')') }}
{%- endmacro %}

{#- PostgreSQL breaks the text after 76 characters. -#}
{% macro postgres__base64(expression) -%}
    {{ return("replace(encode(" ~ expression ~ ", 'base64'), chr(10), '')") }}
{%- endmacro %}

{% macro snowflake__base64(expression) -%}
    {{ return('base64_encode(' ~ expression ~ ')') }}
{%- endmacro %}
