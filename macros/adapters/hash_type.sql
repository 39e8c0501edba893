{% macro hash_type() -%}
    {{ return(adapter.dispatch('hash_type', 'tailrace')()) }}
{%- endmacro %}

{% macro default__hash_type() -%}
    {{ return('bigint') }}
{%- endmacro %}

{% macro duckdb__hash_type() -%}
    {{ return('ubigint') }}
{%- endmacro %}

{% macro snowflake__hash_type() -%}
    {{ return('number(20, 0)') }}
{%- endmacro %}
