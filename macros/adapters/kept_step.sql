{#- How the name of a step is followed that is worked out once, however often it is read. -#}
{% macro kept_step() -%}
    {{ return(adapter.dispatch('kept_step', 'tailrace')()) }}
{%- endmacro %}

{% macro default__kept_step() -%}{{ return('as') }}{%- endmacro %}

{% macro duckdb__kept_step() -%}{{ return('as materialized') }}{%- endmacro %}

{% macro postgres__kept_step() -%}{{ return('as materialized') }}{%- endmacro %}

{% macro redshift__kept_step() -%}{{ return('as') }}{%- endmacro %}
