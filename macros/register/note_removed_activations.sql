{#-
  Run when dbt ends: marks registrations whose activation this project no longer has, or has again. Nothing
  else becomes of them: their relations stay, and nobody is deleted anywhere.
-#}
{% macro note_removed_activations() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set absent = tailrace.absent_activations() -%}
        {%- do run_query(
            'update ' ~ tailrace.control_relation('tailrace_activations')
            ~ ' set removed_at = case when ' ~ absent ~ ' then ' ~ tailrace.now_utc() ~ ' end'
            ~ ' where project = ' ~ tailrace.string_literal(project_name)
            ~ ' and target_name = ' ~ tailrace.string_literal(target.name)
            ~ ' and (removed_at is null) = ' ~ absent
        ) -%}
    {%- endif -%}
{%- endmacro %}
