{% macro quote_name(name) -%}
    {{ return(adapter.dispatch('quote_name', 'tailrace')(name)) }}
{%- endmacro %}

{#- adapter.quote does not double a quote inside the name. -#}
{% macro default__quote_name(name) -%}
    {{ return(adapter.quote(name | replace('"', '""'))) }}
{%- endmacro %}

{#- No column's name may hold a backtick. -#}
{% macro bigquery__quote_name(name) -%}
    {{ return(adapter.quote(name)) }}
{%- endmacro %}

{% macro spark__quote_name(name) -%}
    {{ return('`' ~ (name | replace('`', '``')) ~ '`') }}
{%- endmacro %}
