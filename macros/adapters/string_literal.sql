{% macro string_literal(text) -%}
    {{ return(adapter.dispatch('string_literal', 'tailrace')(text)) }}
{%- endmacro %}

{% macro default__string_literal(text) -%}
    {{ return("'" ~ (text | string | replace("'", "''")) ~ "'") }}
{%- endmacro %}

{#- A backslash begins an escape here. -#}
{% macro snowflake__string_literal(text) -%}
    {{ return(tailrace.default__string_literal(text | string | replace('\\', '\\\\'))) }}
{%- endmacro %}
