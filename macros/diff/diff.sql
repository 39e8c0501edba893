{#-
  The delta of a model against its synced state, as one statement. Writes SQL from what it is given and
  looks nothing up: `from_model` and `synced` are relations (or subqueries), `settings` as check_settings
  returns them with attributes filled in, `columns` as model_columns returns them (or none).
-#}
{% macro diff(from_model, synced, settings, columns) -%}
    {%- set mapping = tailrace.mapping(settings, columns) -%}
    {%- set nothing_planned = tailrace.nothing_planned() -%}
    {%- set rows = '(select * from ' ~ from_model ~ ')' if nothing_planned else from_model -%}
    {%- if settings.sync_mode == 'incremental' -%}
        {{ tailrace.diff_events(rows, synced, settings, mapping, columns) }}
    {%- else -%}
        {{ tailrace.diff_records(rows, synced, settings, mapping) }}
    {%- endif %}

{{ tailrace.numbered_operations(settings) }}

{{ tailrace.rendered_operations(settings, mapping) }}
    {%- if nothing_planned %}
-- built from no rows or a sample of them: nothing is planned (Redshift forgets the types of what is never true)
where _ordinal < 0
    {%- endif -%}
{%- endmacro %}
