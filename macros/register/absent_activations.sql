{#-
  A condition on rows of tailrace_activations: this project had them and has them no more. Whoever builds one
  project for several tenants has the same activation in several schemas: those of another schema stay.
-#}
{% macro absent_activations() -%}
    {%- set relations, names, schemas = ["''"], ["''"], ["''"] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.tailrace and node.config.enabled -%}
        {%- do relations.append(tailrace.string_literal(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias))) -%}
        {%- do names.append(tailrace.string_literal(node.name)) -%}
        {%- do schemas.append(tailrace.string_literal(node.schema)) -%}
    {%- endfor -%}
    {{ return(
        '(project = ' ~ tailrace.string_literal(project_name) ~ ' and target_name = ' ~ tailrace.string_literal(target.name)
        ~ ' and relation not in (' ~ relations | join(', ') ~ ') and (activation not in (' ~ names | unique | join(', ')
        ~ ') or schema_name in (' ~ schemas | unique | join(', ') ~ ')))'
    ) }}
{%- endmacro %}
