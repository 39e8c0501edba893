{#- A select of typed columns that returns no row; `columns` is a mapping of name -> type. -#}
{% macro empty_select(columns) -%}
    {%- set nulls = [] -%}
    {%- for name, type in columns.items() -%}
        {%- do nulls.append('cast(null as ' ~ type ~ ') as ' ~ name) -%}
    {%- endfor -%}
    {{ return('select ' ~ nulls | join(', ') ~ ' from (select 1 as one) as nothing where 1 = 0') }}
{%- endmacro %}
