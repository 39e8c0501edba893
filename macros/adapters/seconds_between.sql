{% macro seconds_between(start, end) -%}
    {{ return(adapter.dispatch('seconds_between', 'tailrace')(start, end)) }}
{%- endmacro %}

{% macro default__seconds_between(start, end) -%}
    {{ return(dbt.datediff(start, end, 'second')) }}
{%- endmacro %}

{#- The one of Databricks' adapter asks for the version of the engine, which a compilation cannot. -#}
{% macro spark__seconds_between(start, end) -%}
    {{ return('(unix_timestamp(' ~ end ~ ') - unix_timestamp(' ~ start ~ '))') }}
{%- endmacro %}
