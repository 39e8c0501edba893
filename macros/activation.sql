{#-
  The one public call: turns a model into an activation, an ordinary table whose rows are the operations to
  send. The steps, in the order in which they run: fold (pre-hooks), diff (the model's own SQL),
  register (post-hooks).
-#}
{% macro activation(
    from_model=none, destination=none, service=none, sync_mode=none, primary_key=none, identifiers=none,
    attributes=none, settings={}, run_type='delta', nulls='send', on_leave='delete', in_doubt='hold',
    max_attempts=5, guards={}, lookback='90 days', max_age=none, min_age=none, refresh_after=none, shards=1, enabled=true
) -%}
    {%- if from_model is none or from_model is string -%}
        {{ tailrace.fail('it does not say what to send; begin with activation(ref(' ~ "'" ~ (from_model or 'my_model') ~ "'" ~ '), …) or with a source(…).') }}
    {%- endif -%}
    {%- set checked = tailrace.check_settings({
        'destination': destination, 'service': service, 'sync_mode': sync_mode, 'primary_key': primary_key,
        'identifiers': identifiers, 'attributes': attributes, 'settings': settings, 'run_type': run_type,
        'nulls': nulls, 'on_leave': on_leave, 'in_doubt': in_doubt, 'max_attempts': max_attempts,
        'guards': guards, 'lookback': lookback, 'max_age': max_age, 'min_age': min_age,
        'refresh_after': refresh_after, 'shards': shards, 'enabled': enabled,
    }, kwargs) -%}
    {{- config(
        materialized='table', tags=['activation'], meta={'tailrace': checked},
        pre_hook=tailrace.fold_hooks(), post_hook=tailrace.register_hooks(), **tailrace.delta_layout()
    ) -}}
    {#- True is dbt's own default, and must not overrule a folder or a property that says false. -#}
    {%- if not enabled -%}
        {{- config(enabled=false) -}}
    {%- endif -%}
    {{- tailrace.check_relation_name(this.identifier) -}}
    {%- set columns = tailrace.model_columns(from_model) -%}
    {%- if checked.attributes is none -%}
        {%- set checked = dict(checked, attributes=tailrace.default_attributes(checked, columns)) -%}
    {%- endif -%}
    {{- tailrace.diff(from_model, tailrace.synced_here(checked), checked, columns) -}}
{%- endmacro %}
