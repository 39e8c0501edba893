{#- The last step of fold: nothing that was sent of the old delta so far can be lost any more. -#}
{% macro note_fold() -%}
    {%- set delta = tailrace.old_delta() -%}
    {%- if delta -%}
    update {{ tailrace.control_relation('tailrace_watermarks') }}
    set folded = sending
    where relation = {{ tailrace.string_literal(this) }} and delta_id in (select _delta_id from {{ delta }})
        and not exists (
            select 1
            from {{ tailrace.control_relation('tailrace_activations') }} as registered
            where registered.relation = {{ tailrace.string_literal(this) }}
                and coalesce(registered.lease_holder, '') <> {{ tailrace.string_literal(tailrace.build_lease_holder()) }}
        )
    {%- endif -%}
{%- endmacro %}
