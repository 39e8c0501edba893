{% macro day_number(timestamp) -%}
    {{ return(adapter.dispatch('day_number', 'tailrace')(timestamp)) }}
{%- endmacro %}

{#- Whole days since 1970-01-01. -#}
{% macro default__day_number(timestamp) -%}
    {{ return('(cast(' ~ timestamp ~ " as date) - date '1970-01-01')") }}
{%- endmacro %}

{% macro bigquery__day_number(timestamp) -%}
    {{ return('unix_date(date(' ~ timestamp ~ ", 'UTC'))") }}
{%- endmacro %}

{#- A date would be that of the session's zone. -#}
{% macro spark__day_number(timestamp) -%}
    {{ return('cast(floor(unix_seconds(' ~ timestamp ~ ') / 86400) as integer)') }}
{%- endmacro %}
