{#- Run when dbt ends and the tests are judged: gives the activations that this run built to the runners. -#}
{% macro release_leases() -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'retry') -%}
        {%- do run_query(
            'update ' ~ tailrace.control_relation('tailrace_activations')
            ~ ' set lease_holder = null, lease_heartbeat_at = null where lease_holder = '
            ~ tailrace.string_literal(tailrace.build_lease_holder())
        ) -%}
    {%- endif -%}
{%- endmacro %}
