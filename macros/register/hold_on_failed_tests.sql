{#-
  Run when dbt ends: holds the current delta of each activation for which a test failed with severity
  error in this invocation, on the activation itself or on the model it sends.
-#}
{% macro hold_on_failed_tests(results) -%}
    {%- if execute -%}
        {%- for result in results if result.node.resource_type == 'test' and result.status in ('fail', 'error') -%}
            {%- for node in graph.nodes.values() if node.config.meta.tailrace and node.resource_type == 'model' -%}
                {%- set concerned = [node.unique_id] + node.depends_on.nodes -%}
                {%- if result.node.depends_on.nodes | select('in', concerned) | list -%}
                    {%- set delta = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
                    {%- do run_query(tailrace.hold_for_test(delta, result.node.name)) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
