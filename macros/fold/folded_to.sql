{#- Where the old delta was sent, as its registration says: an expression. Settings may have changed since. -#}
{% macro folded_to() -%}
    {{ return(
        'coalesce((select sent_to from ' ~ tailrace.control_relation('tailrace_activations') ~ ' where relation = '
        ~ tailrace.string_literal(this) ~ '), ' ~ tailrace.string_literal(tailrace.sent_to(tailrace.own_settings())) ~ ')'
    ) }}
{%- endmacro %}
