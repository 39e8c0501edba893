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

{% macro redshift__base64(expression) -%}
    {{ return('from_varbyte(' ~ expression ~ ", 'base64')") }}
{%- endmacro %}

{#- Older versions break the text into lines. -#}
{% macro spark__base64(expression) -%}
    {{ return("replace(replace(base64(" ~ expression ~ "), chr(13), ''), chr(10), '')") }}
{%- endmacro %}
