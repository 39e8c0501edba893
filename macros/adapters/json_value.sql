{% macro json_value(expression, category) -%}
    {{ return(adapter.dispatch('json_value', 'tailrace')(expression, category)) }}
{%- endmacro %}

{#-
  A value as JSON text on one line, null for a null. Numbers keep every digit. A category of
  'unknown' (compiled without a connection, or in a unit test) leaves the form to the engine.
-#}
{% macro default__json_value(expression, category) -%}
    {%- if category in ('integer', 'decimal', 'float', 'boolean') -%}
        {{ return(tailrace.text_value(expression, category)) }}
    {%- elif category in ('date', 'time', 'timestamp', 'timestamptz') -%}
        {{ return("'\"' || " ~ tailrace.text_value(expression, category) ~ " || '\"'") }}
    {%- elif category == 'text' -%}
        {{ return(tailrace.json_text(expression)) }}
    {%- elif category == 'json' -%}
        {{ return(tailrace.json_document(expression)) }}
    {%- elif category == 'document' -%}
        {{ return(expression) }}
    {%- elif category == 'binary' -%}
        {{ return("'\"' || " ~ tailrace.base64(expression) ~ " || '\"'") }}
    {%- endif -%}
    {{ return(tailrace.json_of_any(expression)) }}
{%- endmacro %}

{#- Written at once as a text, a NUMERIC inside of a struct or list would be a text too. -#}
{% macro bigquery__json_value(expression, category) -%}
    {%- if category == 'nested' -%}
        {%- set json = 'to_json(' ~ expression ~ ', stringify_wide_numbers => true)' -%}
        {{ return('case when ' ~ expression ~ ' is not null then to_json_string(' ~ json ~ ') end') }}
    {%- elif category == 'geography' -%}
        {{ return(tailrace.json_text(tailrace.text_value(expression, category))) }}
    {%- endif -%}
    {{ return(tailrace.default__json_value(expression, category)) }}
{%- endmacro %}
