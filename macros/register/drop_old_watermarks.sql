{#-
  Watermarks of earlier deltas were folded before this one was built; a build that another one overtook
  drops none.
-#}
{% macro drop_old_watermarks() -%}
    {%- set condition -%}
        relation = {{ tailrace.string_literal(this) }}
        and delta_id <> {{ tailrace.string_literal(tailrace.delta_id()) }}
        and exists (
            select 1
            from {{ tailrace.control_relation('tailrace_activations') }} as registered
            where registered.relation = {{ tailrace.string_literal(this) }}
                and registered.delta_id = {{ tailrace.string_literal(tailrace.delta_id()) }}
        )
    {%- endset -%}
    {{ tailrace.delete_rows(tailrace.control_relation('tailrace_watermarks'), ['relation', 'delta_id'], condition) }}
{%- endmacro %}
