{#- One row that says which delta is current, with its settings, its counts, and whether a guard holds it. -#}
{% macro add_registration() -%}
    {%- if execute -%}
    {%- set from_model = tailrace.activation_source() -%}
    {%- if '__dbt__cte__' in (from_model | string) -%}
        {{ tailrace.fail('its model ' ~ model.refs[0].name ~ ' is ephemeral, so its rows cannot be counted; materialize it as a view or a table.') }}
    {%- endif -%}
    {%- set columns = tailrace.model_columns(from_model) -%}
    {%- set settings = tailrace.resolved_settings(columns) -%}
    {%- set planned = not tailrace.nothing_planned() -%}
    insert into {{ tailrace.control_relation('tailrace_activations') }} ({{ tailrace.control_tables()['tailrace_activations'] | join(', ') }})
    {{ tailrace.registration_counts(from_model, settings, columns) }}
    select
        {{ tailrace.string_literal(model.name) }},
        {{ tailrace.string_literal(this) }},
        {{ tailrace.string_literal(this.database) }},
        {{ tailrace.string_literal(this.schema) }},
        {{ tailrace.string_literal(this.identifier) }},
        {{ tailrace.string_literal(project_name) }},
        {{ tailrace.string_literal(target.name) }},
        {{ tailrace.string_literal(tailrace.delta_id()) }},
        {{ tailrace.now_utc() }},
        {{ tailrace.string_literal(settings.destination) }},
        {{ tailrace.string_literal(settings.service) }},
        {{ tailrace.string_literal(settings.sync_mode) }},
        {{ tailrace.string_literal('full' if flags.FULL_REFRESH and settings.run_type == 'delta' else settings.run_type) }},
        {{ tailrace.string_literal(tojson(settings)) }},
        model_rows,
        synced_rows,
        insert_rows,
        update_rows,
        delete_rows,
        invalid_rows,
        duplicate_rows,
        resting_rows,
        late_rows,
        {{ tailrace.guard_warnings() if planned else "'built with --empty or --sample: nothing is planned'" }},
        {{ tailrace.guard_holds(settings) if planned else 'cast(null as ' ~ tailrace.text_type() ~ ')' }},
        cast(null as timestamp),
        cast(null as {{ tailrace.text_type() }}),
        cast(null as {{ tailrace.text_type() }}),
        cast(null as timestamp)
    from shares
    {%- endif -%}
{%- endmacro %}
