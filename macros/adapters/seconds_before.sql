{% macro seconds_before(timestamp, seconds) -%}
    {{ return(adapter.dispatch('seconds_before', 'tailrace')(timestamp, seconds)) }}
{%- endmacro %}

{% macro default__seconds_before(timestamp, seconds) -%}
    {{ return('(' ~ timestamp ~ " - interval '" ~ seconds ~ " seconds')") }}
{%- endmacro %}

{% macro snowflake__seconds_before(timestamp, seconds) -%}
    {{ return('dateadd(second, ' ~ -seconds ~ ', ' ~ timestamp ~ ')') }}
{%- endmacro %}

{% macro redshift__seconds_before(timestamp, seconds) -%}
    {{ return('dateadd(second, -(' ~ seconds ~ '), ' ~ timestamp ~ ')') }}
{%- endmacro %}

{% macro bigquery__seconds_before(timestamp, seconds) -%}
    {{ return('timestamp_sub(' ~ timestamp ~ ', interval ' ~ seconds ~ ' second)') }}
{%- endmacro %}

{% macro spark__seconds_before(timestamp, seconds) -%}
    {{ return('(' ~ timestamp ~ ' - make_dt_interval(0, 0, 0, ' ~ seconds ~ '))') }}
{%- endmacro %}
