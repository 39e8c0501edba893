{% macro json_of_any(expression) -%}
    {{ return(adapter.dispatch('json_of_any', 'tailrace')(expression)) }}
{%- endmacro %}

{% macro default__json_of_any(expression) -%}
    {{ return('cast(to_json(' ~ expression ~ ') as ' ~ tailrace.text_type() ~ ')') }}
{%- endmacro %}

{#- There is no function that takes every type. -#}
{% macro redshift__json_of_any(expression) -%}
    {{ return(tailrace.json_text(expression)) }}
{%- endmacro %}

{#- A null would become the text 'null'. -#}
{% macro bigquery__json_of_any(expression) -%}
    {{ return('case when ' ~ expression ~ ' is not null then to_json_string(' ~ expression ~ ') end') }}
{%- endmacro %}

{#- The function takes no bare value, so one is put into a list, whose brackets are cut off. -#}
{% macro spark__json_of_any(expression) -%}
    {%- set list = tailrace._to_json('array(' ~ expression ~ ')') -%}
    {{ return('case when ' ~ expression ~ ' is not null then substring(' ~ list ~ ', 2, length(' ~ list ~ ') - 2) end') }}
{%- endmacro %}

{#- Without these options it leaves nulls out and writes times as the session would. -#}
{% macro _to_json(expression) -%}
    {%- set format = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'" -%}
    {%- set options = {
        'ignoreNullFields': 'false', 'timeZone': 'UTC', 'timestampFormat': format, 'timestampNTZFormat': format,
    } -%}
    {%- set listed = [] -%}
    {%- for name, value in options.items() -%}
        {%- do listed.append("'" ~ name ~ "', " ~ tailrace.string_literal(value)) -%}
    {%- endfor -%}
    {{ return('to_json(' ~ expression ~ ', map(' ~ listed | join(', ') ~ '))') }}
{%- endmacro %}
