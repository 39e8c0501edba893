{% macro now_utc() -%}
    {{ return(adapter.dispatch('now_utc', 'tailrace')()) }}
{%- endmacro %}

{% macro default__now_utc() -%}
    {{ return("(current_timestamp at time zone 'UTC')") }}
{%- endmacro %}

{% macro snowflake__now_utc() -%}
    {{ return('sysdate()') }}
{%- endmacro %}

{#- The other clock, getdate(), has no fractions of a second. Both follow the session's time zone. -#}
{% macro redshift__now_utc() -%}
    {{ return("(cast(sysdate as timestamptz) at time zone 'UTC')") }}
{%- endmacro %}

{#- A timestamp is a point in time here, whatever the session's zone. -#}
{% macro bigquery__now_utc() -%}
    {{ return('current_timestamp()') }}
{%- endmacro %}

{% macro spark__now_utc() -%}
    {{ return('current_timestamp()') }}
{%- endmacro %}
