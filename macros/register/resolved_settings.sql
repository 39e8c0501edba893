{#- The settings of the activation being built, with looked-up attributes, and the model's columns. -#}
{% macro resolved_settings(columns) -%}
    {%- set settings = tailrace.own_settings() -%}
    {%- if settings.attributes is none -%}
        {{ return(dict(settings, attributes=tailrace.default_attributes(settings, columns))) }}
    {%- endif -%}
    {{ return(settings) }}
{%- endmacro %}
