{#- A relation without what --empty and --sample put around it. -#}
{% macro plain_relation(relation) -%}
    {{ return(api.Relation.create(
        database=relation.database, schema=relation.schema, identifier=relation.identifier
    )) }}
{%- endmacro %}
