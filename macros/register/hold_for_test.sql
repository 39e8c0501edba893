{% macro hold_for_test(delta, test, verdict) -%}
    {%- set reason = tailrace.string_literal('the test ' ~ test ~ ' ' ~ verdict) -%}
    update {{ tailrace.control_relation('tailrace_activations') }}
    set
        hold_reason = case
            when hold_reason is null then {{ reason }}
            when {{ tailrace.contains('hold_reason', reason) }} then hold_reason
            else hold_reason || '; ' || {{ reason }}
        end,
        approved_at = null,
        approved_by = null
    where relation = {{ tailrace.string_literal(delta) }}
{%- endmacro %}
