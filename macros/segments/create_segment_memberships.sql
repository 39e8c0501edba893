{#- Makes the table of segment memberships if it is missing. It is never replaced: it is all there is to know about the past. -#}
{% macro create_segment_memberships() -%}
    {%- if execute and flags.WHICH in tailrace.building_commands() -%}
        {%- set relation = tailrace.control_relation('tailrace_segment_memberships') -%}
        {%- do adapter.create_schema(relation.without_identifier()) -%}
        {%- if load_relation(relation) is none -%}
            {%- call statement('create_segment_memberships', auto_begin=true) -%}
                create table {{ relation }} as {{ tailrace.empty_select(tailrace.segment_memberships_columns()) }}
            {%- endcall -%}
            {%- do adapter.commit() -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
