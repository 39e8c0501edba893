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

{#- A timestamp is written in the session's time zone, so it has to be without one, at the clock of UTC. -#}
{% macro spark__iso_timestamp(expression, category) -%}
    {%- set local = 'cast(' ~ expression ~ ' as timestamp_ntz)' -%}
    {%- if category == 'timestamptz' -%}
        {%- set local = "convert_timezone(current_timezone(), 'UTC', " ~ local ~ ')' -%}
    {%- endif -%}
    {{ return(
        'replace(date_format(' ~ local ~ ', ' ~ tailrace.string_literal("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'")
        ~ "), '.000000Z', 'Z')"
    ) }}
{%- endmacro %}
