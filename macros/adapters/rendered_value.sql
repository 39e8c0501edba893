{% macro rendered_value(attribute) -%}
    {{ return(adapter.dispatch('rendered_value', 'tailrace')(attribute)) }}
{%- endmacro %}

{#- The JSON text of an attribute of the row `model_row`. -#}
{% macro default__rendered_value(attribute) -%}
    {{ return(tailrace.json_value(attribute.column, attribute.carried)) }}
{%- endmacro %}

{#- What is too long for a text must not be written as one, and nothing is sent of an invalid row. -#}
{% macro redshift__rendered_value(attribute) -%}
    {{ return('case when model_row._invalid_reason is null then ' ~ tailrace.default__rendered_value(attribute) ~ ' end') }}
{%- endmacro %}
