{#-
  Run when dbt starts: makes the control tables, and the synced state of every activation of this project,
  where they are missing. So every later statement may count on them, and nothing ever drops them.
-#}
{% macro create_control_tables() -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'test', 'retry') -%}
        {%- for table, columns in tailrace.control_tables().items() -%}
            {%- set relation = tailrace.control_relation(table) -%}
            {%- if loop.first -%}
                {%- do adapter.create_schema(relation.without_identifier()) -%}
            {%- endif -%}
            {%- do run_query(tailrace.create_table_if_missing(relation, columns)) -%}
        {%- endfor -%}
        {%- for node in graph.nodes.values() if node.config.meta.tailrace and node.config.enabled and node.unique_id in selected_resources -%}
            {%- set delta = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
            {%- set synced = tailrace.synced_relation(delta) -%}
            {%- do run_query(tailrace.create_table_if_missing(synced, tailrace.synced_columns(), tailrace.synced_layout())) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
