{% macro timestamp_type() -%}
    {{ return(adapter.dispatch('timestamp_type', 'tailrace')()) }}
{%- endmacro %}

{% macro default__timestamp_type() -%}
    {{ return('timestamp') }}
{%- endmacro %}

{#- An account may let plain `timestamp` have a zone. -#}
{% macro snowflake__timestamp_type() -%}
    {{ return('timestamp_ntz') }}
{%- endmacro %}
