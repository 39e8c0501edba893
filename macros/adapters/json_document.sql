{% macro json_document(expression) -%}
    {{ return(adapter.dispatch('json_document', 'tailrace')(expression)) }}
{%- endmacro %}

{#- A JSON column as text on one line: a raw line break in JSON can only stand between tokens. -#}
{% macro default__json_document(expression) -%}
    {{ return(
        "replace(replace(cast(" ~ expression ~ " as " ~ tailrace.text_type() ~ "), chr(10), ' '), chr(13), ' ')"
    ) }}
{%- endmacro %}

{% macro postgres__json_document(expression) -%}
    {{ return('cast(cast(' ~ expression ~ ' as jsonb) as text)') }}
{%- endmacro %}

{#-
  to_json writes one line; a cast would write a text inside of a variant without its quotes. A null inside of an
  array it writes as undefined: null takes the word's place unless a text of the document holds it too.
-#}
{% macro snowflake__json_document(expression) -%}
    {{ return(tailrace._without_undefined('to_json(to_variant(' ~ expression ~ '))')) }}
{%- endmacro %}

{% macro _without_undefined(json) -%}
    {%- set bare = tailrace._without_texts(json) -%}
    {{ return(
        'case when ' ~ tailrace._letters_of_undefined(json) ~ ' = ' ~ tailrace._letters_of_undefined(bare)
        ~ ' then replace(' ~ json ~ ", 'undefined', 'null') else " ~ json ~ ' end'
    ) }}
{%- endmacro %}

{% macro _letters_of_undefined(text) -%}
    {{ return('length(' ~ text ~ ') - length(replace(' ~ text ~ ", 'undefined', ''))") }}
{%- endmacro %}

{#- What stands outside of the texts of a JSON document. -#}
{% macro _without_texts(json) -%}
    {%- set backslash, quote = tailrace.string_literal('\\\\'), tailrace.string_literal('\\"') -%}
    {%- set plain = 'replace(replace(' ~ json ~ ', ' ~ backslash ~ ", ''), " ~ quote ~ ", '')" -%}
    {{ return('regexp_replace(' ~ plain ~ ", '\"[^\"]*\"', '')") }}
{%- endmacro %}

{#- What is longer than a text may be stops the statement, so it is left out; its row is invalid. A null would be the text null. -#}
{% macro redshift__json_document(expression) -%}
    {{ return('case when ' ~ expression ~ ' is not null and json_size(' ~ expression ~ ') <= 65535 then json_serialize(' ~ expression ~ ') end') }}
{%- endmacro %}

{% macro bigquery__json_document(expression) -%}
    {{ return(tailrace.json_of_any(expression)) }}
{%- endmacro %}

{% macro spark__json_document(expression) -%}
    {{ return(tailrace._to_json(expression)) }}
{%- endmacro %}
