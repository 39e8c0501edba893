{% macro now_utc() -%}
    {{ return(adapter.dispatch('now_utc', 'tailrace')()) }}
{%- endmacro %}

{% macro default__now_utc() -%}
    {{ return("(current_timestamp at time zone 'UTC')") }}
{%- endmacro %}

{% macro snowflake__now_utc() -%}
    {{ return('sysdate()') }}
{%- endmacro %}
