{% macro quote_name(name) -%}
    {{ return(adapter.dispatch('quote_name', 'tailrace')(name)) }}
{%- endmacro %}

{#- adapter.quote does not double a quote inside the name. -#}
{% macro default__quote_name(name) -%}
    {{ return(adapter.quote(name | replace('"', '""'))) }}
{%- endmacro %}
