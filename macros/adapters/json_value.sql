{% macro json_value(expression, category) -%}
    {{ return(adapter.dispatch('json_value', 'tailrace')(expression, category)) }}
{%- endmacro %}

{#-
  A value as JSON text on one line, null for a null. Numbers keep every digit. A category of
  'unknown' (compiled without a connection, or in a unit test) leaves the form to the engine.
-#}
{% macro default__json_value(expression, category) -%}
    {%- if category in ('integer', 'decimal', 'float', 'boolean') -%}
        {{ return('cast(' ~ expression ~ ' as ' ~ tailrace.text_type() ~ ')') }}
    {%- elif category == 'date' -%}
        {{ return("'\"' || cast(" ~ expression ~ ' as ' ~ tailrace.text_type() ~ ") || '\"'") }}
    {%- elif category in ('timestamp', 'timestamptz') -%}
        {{ return("'\"' || " ~ tailrace.iso_timestamp(expression, category) ~ " || '\"'") }}
    {%- elif category == 'text' -%}
        {{ return('cast(to_json(cast(' ~ expression ~ ' as ' ~ tailrace.text_type() ~ ')) as ' ~ tailrace.text_type() ~ ')') }}
    {%- elif category == 'json' -%}
        {{ return(tailrace.json_document(expression)) }}
    {%- elif category == 'binary' -%}
        {{ return("'\"' || " ~ tailrace.base64(expression) ~ " || '\"'") }}
    {%- endif -%}
    {{ return('cast(to_json(' ~ expression ~ ') as ' ~ tailrace.text_type() ~ ')') }}
{%- endmacro %}
