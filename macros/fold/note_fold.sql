{#- The last step of fold: nothing that was sent of the old delta so far can be lost any more. -#}
{% macro note_fold() -%}
    {%- set delta = tailrace.old_delta() -%}
    {%- if delta -%}
    update {{ tailrace.control_relation('tailrace_watermarks') }}
    set folded = sending
    where relation = {{ tailrace.string_literal(this) }} and delta_id in (select _delta_id from {{ delta }})
    {%- endif -%}
{%- endmacro %}
