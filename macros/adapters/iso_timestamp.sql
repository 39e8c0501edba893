{% macro iso_timestamp(expression, category) -%}
    {{ return(adapter.dispatch('iso_timestamp', 'tailrace')(expression, category)) }}
{%- endmacro %}

{#- ISO 8601 in UTC with a Z, microseconds only where there are any: 2026-03-01T09:30:00Z. -#}
{% macro default__iso_timestamp(expression, category) -%}
    {{ return(
        "replace(to_char(" ~ tailrace.utc_timestamp(expression, category)
        ~ ", 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), '.000000Z', 'Z')"
    ) }}
{%- endmacro %}

{% macro duckdb__iso_timestamp(expression, category) -%}
    {{ return(
        "replace(strftime(" ~ tailrace.utc_timestamp(expression, category)
        ~ ", '%Y-%m-%dT%H:%M:%S.%fZ'), '.000000Z', 'Z')"
    ) }}
{%- endmacro %}

{#- An unquoted T or Z beside the format's own letters could be taken for one of them. -#}
{% macro snowflake__iso_timestamp(expression, category) -%}
    {%- set timestamp = tailrace.utc_timestamp(expression, category) -%}
    {{ return(
        "replace(to_char(" ~ timestamp ~ ", 'YYYY-MM-DD') || 'T' || to_char(" ~ timestamp
        ~ ", 'HH24:MI:SS.FF6') || 'Z', '.000000Z', 'Z')"
    ) }}
{%- endmacro %}

{% macro redshift__iso_timestamp(expression, category) -%}
    {%- set utc = tailrace.utc_timestamp(expression, category) -%}
    {{ return(
        "to_char(" ~ utc ~ ", 'YYYY-MM-DD') || 'T' || replace(to_char(" ~ utc ~ ", 'HH24:MI:SS.US') || 'Z', '.000000Z', 'Z')"
    ) }}
{%- endmacro %}

{% macro bigquery__iso_timestamp(expression, category) -%}
    {{ return(
        "replace(format_timestamp('%E4Y-%m-%dT%H:%M:%E6SZ', " ~ tailrace.utc_timestamp(expression, category)
        ~ ", 'UTC'), '.000000Z', 'Z')"
    ) }}
{%- endmacro %}

{#-
  Formats and casts of a timestamp follow the session's zone, where an hour may be missing or come twice; the
  text of one without a zone does not.
-#}
{% macro spark__iso_timestamp(expression, category) -%}
    {%- set local = 'cast(' ~ expression ~ ' as timestamp_ntz)' -%}
    {%- if category == 'timestamptz' -%}
        {%- set seconds = 'cast(unix_micros(' ~ expression ~ ') as decimal(20, 0)) / 1000000' -%}
        {%- set local = "(cast('1970-01-01' as timestamp_ntz) + make_dt_interval(0, 0, 0, " ~ seconds ~ '))' -%}
    {%- endif -%}
    {%- set text = 'replace(cast(' ~ local ~ " as string), ' ', 'T')" -%}
    {%- set point = 'instr(' ~ text ~ ", '.')" -%}
    {{ return('case when ' ~ point ~ ' > 0 then rpad(' ~ text ~ ', ' ~ point ~ " + 6, '0') else " ~ text ~ " end || 'Z'") }}
{%- endmacro %}
