{% macro utc_timestamp(expression, category) -%}
    {{ return(adapter.dispatch('utc_timestamp', 'tailrace')(expression, category)) }}
{%- endmacro %}

{#- A date or timestamp as a timestamp without zone, in UTC; one without a zone is taken as UTC. -#}
{% macro default__utc_timestamp(expression, category) -%}
    {%- if category == 'timestamptz' -%}
        {{ return('(' ~ expression ~ " at time zone 'UTC')") }}
    {%- endif -%}
    {{ return('cast(' ~ expression ~ ' as ' ~ tailrace.timestamp_type() ~ ')') }}
{%- endmacro %}

{#- The cast drops the offset, which is that of UTC by then. -#}
{% macro snowflake__utc_timestamp(expression, category) -%}
    {%- if category == 'timestamptz' -%}
        {{ return("cast(convert_timezone('UTC', " ~ expression ~ ') as timestamp_ntz)') }}
    {%- endif -%}
    {{ return(tailrace.default__utc_timestamp(expression, category)) }}
{%- endmacro %}

{% macro bigquery__utc_timestamp(expression, category) -%}
    {{ return(expression if category == 'timestamptz' else 'timestamp(' ~ expression ~ ", 'UTC')") }}
{%- endmacro %}

{% macro spark__utc_timestamp(expression, category) -%}
    {%- if category == 'timestamptz' -%}
        {{ return(expression) }}
    {%- endif -%}
    {{ return('cast(cast(cast(' ~ expression ~ " as timestamp_ntz) as string) || 'Z' as timestamp)") }}
{%- endmacro %}
