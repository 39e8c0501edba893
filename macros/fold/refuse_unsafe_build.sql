{#-
  A build never replaces a delta that a live runner is sending, and events and records never share a synced
  state. Runs a query, returns no SQL.
-#}
{% macro refuse_unsafe_build() -%}
    {%- set registered = tailrace.registered() -%}
    {%- if registered and registered.lease_holder != tailrace.build_lease_holder() -%}
        {{ tailrace.fail('the runner (run ' ~ registered.lease_holder ~ ') is sending its delta, which was left alone; build again when that push has ended.') }}
    {%- endif -%}
    {%- set mode = tailrace.own_settings().sync_mode -%}
    {%- if registered and (mode == 'incremental') != (registered.sync_mode == 'incremental') -%}
        {{ tailrace.fail('its sync mode changed from ' ~ registered.sync_mode ~ ' to ' ~ mode ~ ', and what was sent of records says nothing of events; give the new one a name of its own.') }}
    {%- endif -%}
{%- endmacro %}
