{#- Where a build is one transaction, this makes a runner that wants the lease wait for its end. -#}
{% macro lock_registration() -%}
    update {{ tailrace.control_relation('tailrace_activations') }}
    set lease_holder = lease_holder
    where relation = {{ tailrace.string_literal(this) }}
{%- endmacro %}
