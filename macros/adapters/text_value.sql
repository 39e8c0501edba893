{% macro text_value(expression, category) -%}
    {{ return(adapter.dispatch('text_value', 'tailrace')(expression, category)) }}
{%- endmacro %}

{#- A value as text for keys and identifiers: the same in every session, whatever its time zone. -#}
{% macro default__text_value(expression, category) -%}
    {%- if category in ('timestamp', 'timestamptz') -%}
        {{ return(tailrace.iso_timestamp(expression, category)) }}
    {%- endif -%}
    {{ return('cast(' ~ expression ~ ' as ' ~ tailrace.text_type() ~ ')') }}
{%- endmacro %}
