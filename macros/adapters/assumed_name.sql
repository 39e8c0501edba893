{% macro assumed_name(name) -%}
    {{ return(adapter.dispatch('assumed_name', 'tailrace')(name)) }}
{%- endmacro %}

{#- What a column is called, where nobody can be asked. -#}
{% macro default__assumed_name(name) -%}
    {{ return(name) }}
{%- endmacro %}

{#- A name that was written without quotes is kept in capitals. -#}
{% macro snowflake__assumed_name(name) -%}
    {{ return(name | upper) }}
{%- endmacro %}
