{% macro seconds_before(timestamp, seconds) -%}
    {{ return(adapter.dispatch('seconds_before', 'tailrace')(timestamp, seconds)) }}
{%- endmacro %}

{% macro default__seconds_before(timestamp, seconds) -%}
    {{ return('(' ~ timestamp ~ " - interval '" ~ seconds ~ " seconds')") }}
{%- endmacro %}

{% macro snowflake__seconds_before(timestamp, seconds) -%}
    {{ return('dateadd(second, ' ~ -seconds ~ ', ' ~ timestamp ~ ')') }}
{%- endmacro %}
