{#- Run when dbt starts: makes the table of segment memberships if it is missing. Nothing ever drops it. -#}
{% macro create_segment_memberships() -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'test', 'retry') -%}
        {%- set relation = tailrace.control_relation('tailrace_segment_memberships') -%}
        {%- call statement('create_segment_memberships', auto_begin=true) -%}
            {{ tailrace.create_table_if_missing(relation, tailrace.segment_memberships_columns()) }}
        {%- endcall -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{%- endmacro %}
