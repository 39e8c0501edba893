{#- Registered activations of events that were sent to the same place and are no longer in the project. -#}
{% macro former_names(settings) -%}
    {%- set found = run_query(
        'select table_name from ' ~ tailrace.control_relation('tailrace_activations')
        ~ ' where sent_to = ' ~ tailrace.string_literal(tailrace.sent_to(settings))
        ~ " and sync_mode = 'incremental' and " ~ tailrace.absent_activations() ~ ' order by table_name'
    ) -%}
    {{ return(found.columns[0].values() | list) }}
{%- endmacro %}
