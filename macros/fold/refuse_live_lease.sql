{#- A build never replaces a delta that a live runner is sending. Runs a query, returns no SQL. -#}
{% macro refuse_live_lease() -%}
    {%- if execute -%}
        {%- set leases = run_query(
            'select lease_holder from ' ~ tailrace.control_relation('tailrace_activations')
            ~ ' where relation = ' ~ tailrace.string_literal(this) ~ ' and lease_holder is not null'
            ~ ' and lease_heartbeat_at > ' ~ tailrace.seconds_before(tailrace.now_utc(), 120)
        ) -%}
        {%- if leases.rows | length > 0 -%}
            {{ tailrace.fail('the runner (run ' ~ leases.rows[0][0] ~ ') is sending its delta, which was left alone; build again when that push has ended.') }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
