{% macro wait(seconds) -%}
    {{ return(adapter.dispatch('wait', 'tailrace')(seconds)) }}
{%- endmacro %}

{#- Engines that cannot wait go on at once. -#}
{% macro default__wait(seconds) -%}
{%- endmacro %}

{% macro postgres__wait(seconds) -%}
    {%- do run_query('select pg_sleep(' ~ seconds ~ ')') -%}
{%- endmacro %}

{% macro snowflake__wait(seconds) -%}
    {%- do run_query('call system$wait(' ~ seconds ~ ')') -%}
{%- endmacro %}

{% macro redshift__wait(seconds) -%}
{%- endmacro %}
