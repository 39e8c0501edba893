{#- The settings of the activation whose hooks run; empty while dbt parses. -#}
{% macro own_settings() -%}
    {{ return(model.config.meta.get('tailrace', {}) if execute else {}) }}
{%- endmacro %}
