{% macro days_before(timestamp, days) -%}
    {{ return(adapter.dispatch('days_before', 'tailrace')(timestamp, days)) }}
{%- endmacro %}

{% macro default__days_before(timestamp, days) -%}
    {{ return('(' ~ timestamp ~ " - interval '" ~ days ~ " days')") }}
{%- endmacro %}

{% macro snowflake__days_before(timestamp, days) -%}
    {{ return('dateadd(day, ' ~ -days ~ ', ' ~ timestamp ~ ')') }}
{%- endmacro %}

{% macro redshift__days_before(timestamp, days) -%}
    {{ return('dateadd(day, -(' ~ days ~ '), ' ~ timestamp ~ ')') }}
{%- endmacro %}

{% macro bigquery__days_before(timestamp, days) -%}
    {{ return('timestamp_sub(' ~ timestamp ~ ', interval ' ~ days ~ ' day)') }}
{%- endmacro %}

{% macro spark__days_before(timestamp, days) -%}
    {{ return('(' ~ timestamp ~ ' - make_dt_interval(' ~ days ~ '))') }}
{%- endmacro %}
