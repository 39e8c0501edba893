{% macro sha256(expression) -%}
    {{ return(adapter.dispatch('sha256', 'tailrace')(expression)) }}
{%- endmacro %}

{#- The hash of a text's UTF-8 bytes as 64 small hexadecimal digits. -#}
{% macro default__sha256(expression) -%}
    {{ return('sha2(' ~ expression ~ ', 256)') }}
{%- endmacro %}

{% macro duckdb__sha256(expression) -%}
    {{ return('sha256(' ~ expression ~ ')') }}
{%- endmacro %}

{% macro postgres__sha256(expression) -%}
    {{ return('encode(sha256(convert_to(' ~ expression ~ ", 'UTF8')), 'hex')") }}
{%- endmacro %}

{% macro redshift__sha256(expression) -%}
    {{ return(tailrace.default__sha256(expression)) }}
{%- endmacro %}

{% macro bigquery__sha256(expression) -%}
    {{ return('to_hex(sha256(' ~ expression ~ '))') }}
{%- endmacro %}
