{% macro json_text(expression) -%}
    {{ return(adapter.dispatch('json_text', 'tailrace')(expression)) }}
{%- endmacro %}

{% macro default__json_text(expression) -%}
    {{ return(tailrace.json_of_any('cast(' ~ expression ~ ' as ' ~ tailrace.text_type() ~ ')')) }}
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

{#- No function escapes a text here: the backslash goes first, since the others bring some in. -#}
{% macro redshift__json_text(expression) -%}
    {%- set letters = {8: 'b', 9: 't', 10: 'n', 12: 'f', 13: 'r'} -%}
    {%- set escaped = namespace(sql='cast(' ~ expression ~ ' as ' ~ tailrace.text_type() ~ ')') -%}
    {%- for code in [92, 34] + range(1, 32) | list -%}
        {%- set plain = '"' if code == 34 else '\\' -%}
        {%- set escape = '\\' ~ (plain if code > 31 else letters.get(code, 'u%04X' | format(code))) -%}
        {%- set escaped.sql = 'replace(' ~ escaped.sql ~ ', chr(' ~ code ~ '), ' ~ tailrace.string_literal(escape) ~ ')' -%}
    {%- endfor -%}
    {{ return("'\"' || " ~ escaped.sql ~ " || '\"'") }}
{%- endmacro %}
