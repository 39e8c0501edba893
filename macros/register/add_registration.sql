{#-
  One row that says which delta is current, with its settings, its counts, and whether a guard holds it. A
  single statement, so that no reader ever finds two rows or none. The lease stays as it is.
-#}
{% macro add_registration() -%}
    {%- if execute -%}
    {%- set from_model = tailrace.activation_source() -%}
    {%- if '__dbt__cte__' in (from_model | string) -%}
        {{ tailrace.fail('its model ' ~ model.refs[0].name ~ ' is ephemeral, so its rows cannot be counted; materialize it as a view or a table.') }}
    {%- endif -%}
    {%- set columns = tailrace.model_columns(from_model) -%}
    {%- set settings = tailrace.resolved_settings(columns) -%}
    {%- set drift = tailrace.drift(settings) -%}
    {%- set text = tailrace.text_type() -%}
    {%- set planned = not tailrace.nothing_planned() -%}
    {%- set facts = {
        'activation': model.name, 'relation': this, 'database_name': this.database, 'schema_name': this.schema,
        'table_name': this.identifier, 'project': project_name, 'target_name': target.name,
        'delta_id': tailrace.delta_id(), 'destination': settings.destination, 'service': settings.service,
        'sent_to': tailrace.sent_to(settings), 'sync_mode': settings.sync_mode,
        'run_type': 'full' if flags.FULL_REFRESH and settings.run_type == 'delta' else settings.run_type,
        'settings': tojson(dict(settings, lease_seconds=tailrace.lease_seconds(), base=drift.base, is_empty=not planned)),
    } -%}
    {%- set counts = [
        'model_rows', 'synced_rows', 'insert_rows', 'update_rows', 'delete_rows', 'invalid_rows', 'duplicate_rows',
        'resting_rows', 'late_rows', 'waiting_rows',
    ] -%}
    {%- set values = {
        'registered_at': tailrace.now_utc(),
        'warnings': tailrace.guard_warnings(drift) if planned else "cast('built with --empty or --sample: nothing is planned' as " ~ text ~ ')',
        'hold_reason': tailrace.guard_holds(settings, drift) if planned else 'nullif(substring(' ~ tailrace.lasting_holds(drift) ~ ", 3), '')",
        'approved_at': 'cast(null as ' ~ tailrace.timestamp_type() ~ ')', 'approved_by': 'cast(null as ' ~ text ~ ')',
        'removed_at': 'cast(null as ' ~ tailrace.timestamp_type() ~ ')',
    } -%}
    {%- for name, fact in facts.items() -%}
        {#- Spark has no databases. -#}
        {%- do values.update({name: 'cast(' ~ ('null' if fact is none else tailrace.string_literal(fact)) ~ ' as ' ~ text ~ ')'}) -%}
    {%- endfor -%}
    {%- set built -%}
        {{ tailrace.registration_counts(from_model, settings, columns) }}
        select
            {%- for name, value in values.items() %}
            {{ value }} as {{ name }},
            {%- endfor %}
            {{ counts | join(', ') }}
        from shares
    {%- endset -%}
    {{ tailrace.write_registration(built, values.keys() | list + counts) }}
    {%- endif -%}
{%- endmacro %}
