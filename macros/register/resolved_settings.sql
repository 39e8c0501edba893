{#- The settings of the activation being built, with looked-up attributes; dbt 2 keeps no setting that is none. -#}
{% macro resolved_settings(columns) -%}
    {%- set settings = tailrace.own_settings() -%}
    {%- if settings.get('attributes') is none -%}
        {{ return(dict(settings, attributes=tailrace.default_attributes(settings, columns))) }}
    {%- endif -%}
    {{ return(settings) }}
{%- endmacro %}
