{% macro create_table_if_missing(relation, columns, layout='') -%}
    {%- set definitions = [] -%}
    {%- for name, type in columns.items() -%}
        {%- do definitions.append(name ~ ' ' ~ type) -%}
    {%- endfor -%}
    create table if not exists {{ relation }} ({{ definitions | join(', ') }}) {{ tailrace.table_format() }} {{ layout }}
{%- endmacro %}
