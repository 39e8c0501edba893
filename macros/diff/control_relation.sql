{#- A control table, in the schema that the var tailrace_schema names or else the target's own. -#}
{% macro control_relation(table) -%}
    {{ return(api.Relation.create(
        database=target.database or none, schema=var('tailrace_schema', target.schema), identifier=table, type='table'
    )) }}
{%- endmacro %}
