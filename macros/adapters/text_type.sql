{% macro text_type() -%}
    {{ return(adapter.dispatch('text_type', 'tailrace')()) }}
{%- endmacro %}

{% macro default__text_type() -%}
    {{ return(dbt.type_string()) }}
{%- endmacro %}

{% macro duckdb__text_type() -%}
    {{ return('varchar') }}
{%- endmacro %}

{% macro postgres__text_type() -%}
    {{ return('text') }}
{%- endmacro %}

{% macro snowflake__text_type() -%}
    {{ return('varchar') }}
{%- endmacro %}

{#- Without a length, text is cut after 256 bytes. -#}
{% macro redshift__text_type() -%}
    {{ return('varchar(65535)') }}
{%- endmacro %}
