{#-
  The build takes the lease until dbt's run has ended and its tests are judged, so that no runner sends a
  delta that is being replaced or was not tested. A lease of another build, which died or is overtaken, and
  that of a runner that seems to be dead are taken over. A sign of life from the future is none: the clock
  was set back.
-#}
{% macro take_lease() -%}
    {%- set registered = tailrace.registered() -%}
    {%- set seconds = [tailrace.lease_seconds(), (registered.lease_seconds if registered else none) or 0] | max -%}
    {%- set now = tailrace.now_utc() -%}
    {%- set stale = 'coalesce(lease_heartbeat_at not between ' ~ tailrace.seconds_before(now, seconds) ~ ' and ' ~ tailrace.seconds_before(now, -seconds) ~ ', true)' -%}
    {%- set seen = tailrace.watch_lease(registered, stale, seconds) %}
    update {{ tailrace.control_relation('tailrace_activations') }}
    set
        lease_holder = {{ tailrace.string_literal(tailrace.build_lease_holder()) }},
        lease_heartbeat_at = {{ now }}
    where relation = {{ tailrace.string_literal(this) }}
        and (
            lease_holder is null
            or lease_holder like 'build %'
            {%- if seen is not none %}
            or ({{ stale }} and coalesce(cast(lease_heartbeat_at as {{ tailrace.text_type() }}), '') = {{ tailrace.string_literal(seen) }})
            {%- endif %}
        )
{%- endmacro %}
