{% macro json_text(expression) -%}
    {{ return(adapter.dispatch('json_text', 'tailrace')(expression)) }}
{%- endmacro %}

{% macro default__json_text(expression) -%}
    {{ return('cast(to_json(cast(' ~ expression ~ ' as ' ~ tailrace.text_type() ~ ')) as ' ~ tailrace.text_type() ~ ')') }}
{%- endmacro %}

{#-
  Which letters to_json escapes is not documented, so it is asked only where control characters need it.
-#}
{% macro snowflake__json_text(expression) -%}
    {%- set text = 'cast(' ~ expression ~ ' as varchar)' -%}
    {%- set backslash, quote = tailrace.string_literal('\\'), tailrace.string_literal('"') -%}
    {%- set two, escaped = tailrace.string_literal('\\\\'), tailrace.string_literal('\\"') -%}
    {{ return(
        'case when regexp_instr(' ~ text ~ ", '[[:cntrl:]]') > 0 then to_json(to_variant(" ~ text ~ ')) else '
        ~ quote ~ ' || replace(replace(' ~ text ~ ', ' ~ backslash ~ ', ' ~ two ~ '), ' ~ quote ~ ', ' ~ escaped ~ ') || '
        ~ quote ~ ' end'
    ) }}
{%- endmacro %}
