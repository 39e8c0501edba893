{% macro drop_registration() -%}
    delete from {{ tailrace.control_relation('tailrace_activations') }}
    where relation = {{ tailrace.string_literal(this) }}
{%- endmacro %}
