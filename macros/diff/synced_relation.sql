{#- The synced state that belongs to a delta: a table that dbt's own materializations never touch. -#}
{% macro synced_relation(delta) -%}
    {{ return(api.Relation.create(
        database=delta.database, schema=delta.schema, identifier=delta.identifier ~ '__synced', type='table'
    )) }}
{%- endmacro %}
