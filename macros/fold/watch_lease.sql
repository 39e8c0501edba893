{#-
  The last sign of life, as text, of the runner that has the activation's lease, if it is too old (`stale`,
  a condition); none if nobody is to be watched. Where the engine can wait, a runner that is alive gives another one
  meanwhile, whatever its clock did.
-#}
{% macro watch_lease(registered, stale, seconds) -%}
    {%- if not registered or not registered.lease_holder or registered.lease_holder.startswith('build ') -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set found = run_query(
        'select cast(lease_heartbeat_at as ' ~ tailrace.text_type() ~ ') from ' ~ tailrace.control_relation('tailrace_activations')
        ~ ' where relation = ' ~ tailrace.string_literal(this) ~ ' and ' ~ stale
    ).columns[0].values() -%}
    {%- if not found -%}
        {{ return(none) }}
    {%- endif -%}
    {%- do log('Activation ' ~ model.name ~ ': run ' ~ registered.lease_holder ~ ' seems to have died; the build goes on if it gives no other sign of life.', info=true) -%}
    {%- do tailrace.wait(seconds // 4) -%}
    {{ return(found[0] or '') }}
{%- endmacro %}
