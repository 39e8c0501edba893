{% macro json_text(expression) -%}
    {{ return(adapter.dispatch('json_text', 'tailrace')(expression)) }}
{%- endmacro %}

{% macro default__json_text(expression) -%}
    {{ return('cast(to_json(cast(' ~ expression ~ ' as ' ~ tailrace.text_type() ~ ')) as ' ~ tailrace.text_type() ~ ')') }}
{%- endmacro %}

{#-
  Written out, since how to_json escapes is not documented: only what JSON asks for. Control characters are
  rare, so most texts need two replacements only.
-#}
{% macro snowflake__json_text(expression) -%}
    {%- set text = 'cast(' ~ expression ~ ' as varchar)' -%}
    {%- set usual = tailrace._replaced(text, {tailrace.string_literal('\\'): '\\\\', "'\"'": '\\"'}) -%}
    {%- set letters = {8: 'b', 9: 't', 10: 'n', 12: 'f', 13: 'r'} -%}
    {%- set escapes = {} -%}
    {%- for code in range(32) -%}
        {%- do escapes.update({'chr(' ~ code ~ ')': '\\' ~ letters.get(code, 'u00%02X' % code)}) -%}
    {%- endfor -%}
    {{ return(
        "'\"' || case when regexp_instr(" ~ text ~ ", '[[:cntrl:]]') = 0 then " ~ usual
        ~ ' else ' ~ tailrace._replaced(usual, escapes) ~ " end || '\"'"
    ) }}
{%- endmacro %}

{% macro _replaced(text, replacements) -%}
    {%- set replaced = namespace(text=text) -%}
    {%- for part, other in replacements.items() -%}
        {%- set replaced.text = 'replace(' ~ replaced.text ~ ', ' ~ part ~ ', ' ~ tailrace.string_literal(other) ~ ')' -%}
    {%- endfor -%}
    {{ return(replaced.text) }}
{%- endmacro %}
