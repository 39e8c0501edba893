{#-
  Run when dbt ends: holds the current delta of each activation for which a test failed with severity
  error in this invocation, on the activation itself or on the model it sends. A test that dbt skipped, since
  something else failed, holds what was built.
-#}
{% macro hold_on_failed_tests(results) -%}
    {%- if execute -%}
        {%- set built = results | selectattr('status', 'equalto', 'success') | map(attribute='node.unique_id') | list -%}
        {%- for result in results if result.node.resource_type == 'test' and result.status in ('fail', 'error', 'skipped') -%}
            {%- for node in graph.nodes.values() if node.config.meta.tailrace and node.resource_type == 'model' -%}
                {%- set concerned = [node.unique_id] + node.depends_on.nodes -%}
                {%- set skipped = result.status == 'skipped' -%}
                {%- if result.node.depends_on.nodes | select('in', concerned) | list and (not skipped or node.unique_id in built) -%}
                    {%- set delta = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
                    {%- do run_query(tailrace.hold_for_test(delta, result.node.name, 'did not run' if skipped else 'failed')) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
