{% macro hold_for_test(delta, test) -%}
    {%- set reason = 'the test ' ~ test ~ ' failed; ' -%}
    update {{ tailrace.control_relation('tailrace_activations') }}
    set
        hold_reason = replace(coalesce(hold_reason, ''), {{ tailrace.string_literal(reason) }}, '') || {{ tailrace.string_literal(reason) }},
        approved_at = null,
        approved_by = null
    where relation = {{ tailrace.string_literal(delta) }}
{%- endmacro %}
