{#- The last step of fold: nothing that was sent of the old delta so far can be lost any more. -#}
{% macro note_fold() -%}
    {%- set delta = tailrace.old_delta() -%}
    {%- if delta -%}
    {%- set condition -%}
        relation = {{ tailrace.string_literal(this) }} and delta_id in (select _delta_id from {{ delta }})
        and not exists (
            select 1
            from {{ tailrace.control_relation('tailrace_activations') }} as registered
            where registered.relation = {{ tailrace.string_literal(this) }}
                and coalesce(registered.lease_holder, '') <> {{ tailrace.string_literal(tailrace.build_lease_holder()) }}
        )
    {%- endset -%}
    {{ tailrace.update_rows(tailrace.control_relation('tailrace_watermarks'), ['relation', 'delta_id'], 'folded = sending', condition) }}
    {%- endif -%}
{%- endmacro %}
