{% macro line_from(text, start) -%}
    {{ return(adapter.dispatch('line_from', 'tailrace')(text, start)) }}
{%- endmacro %}

{#- The line of a text that begins with `start` (which ends in no newline), without its newlines. -#}
{% macro default__line_from(text, start) -%}
    {{ return(
        'split_part(substring(' ~ text ~ ', strpos(' ~ text ~ ', chr(10) || ' ~ start ~ ') + 1), chr(10), 1)'
    ) }}
{%- endmacro %}

{% macro bigquery__line_from(text, start) -%}
    {{ return(
        'split(substring(' ~ text ~ ', strpos(' ~ text ~ ', chr(10) || ' ~ start ~ ') + 1), chr(10))[safe_offset(0)]'
    ) }}
{%- endmacro %}

{% macro spark__line_from(text, start) -%}
    {{ return(
        'split_part(substring(' ~ text ~ ', instr(' ~ text ~ ', chr(10) || ' ~ start ~ ') + 1), chr(10), 1)'
    ) }}
{%- endmacro %}

{% macro snowflake__line_from(text, start) -%}
    {{ return(
        'split_part(substr(' ~ text ~ ', position(chr(10) || ' ~ start ~ ', ' ~ text ~ ') + 1), chr(10), 1)'
    ) }}
{%- endmacro %}
