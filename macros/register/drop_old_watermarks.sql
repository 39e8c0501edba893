{#- Watermarks of earlier deltas were folded before this one was built. -#}
{% macro drop_old_watermarks() -%}
    delete from {{ tailrace.control_relation('tailrace_watermarks') }}
    where relation = {{ tailrace.string_literal(this) }}
        and delta_id <> {{ tailrace.string_literal(tailrace.delta_id()) }}
{%- endmacro %}
