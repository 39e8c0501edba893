{#-
  Rows of the registered delta were sent and not folded, and the table is gone or holds another one: nobody
  can say which.
-#}
{% macro note_lost_delta() -%}
    {%- set before = tailrace.registered() -%}
    {%- set delta = tailrace.old_delta() -%}
    {%- set found = run_query('select _delta_id from ' ~ delta ~ ' limit 1').columns[0].values() if delta else none -%}
    {%- if before and not (found and found[0] == before.delta_id) -%}
    {%- set changes = 'hold_reason = ' ~ tailrace.string_literal(tailrace.lost_delta()) ~ ', approved_at = null, approved_by = null' -%}
    {%- set condition -%}
        relation = {{ tailrace.string_literal(this) }}
        and exists (
            select 1
            from {{ tailrace.control_relation('tailrace_watermarks') }} as watermark
            where watermark.relation = {{ tailrace.string_literal(this) }}
                and watermark.delta_id = {{ tailrace.string_literal(before.delta_id) }}
                and watermark.sending > coalesce(watermark.folded, 0)
        )
    {%- endset -%}
    {{ tailrace.update_rows(tailrace.control_relation('tailrace_activations'), ['relation'], changes, condition) }}
    {%- endif -%}
{%- endmacro %}
