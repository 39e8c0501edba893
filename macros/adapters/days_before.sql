{% macro days_before(timestamp, days) -%}
    {{ return(adapter.dispatch('days_before', 'tailrace')(timestamp, days)) }}
{%- endmacro %}

{% macro default__days_before(timestamp, days) -%}
    {{ return('(' ~ timestamp ~ " - interval '" ~ days ~ " days')") }}
{%- endmacro %}

{% macro snowflake__days_before(timestamp, days) -%}
    {{ return('dateadd(day, ' ~ -days ~ ', ' ~ timestamp ~ ')') }}
{%- endmacro %}
