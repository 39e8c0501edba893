{#- An acknowledged row ends the count of its refusals, and so does another destination. -#}
{% macro close_rejected_rows() -%}
    {%- set delta = tailrace.old_delta() -%}
    {%- set rejected = tailrace.control_relation('tailrace_rejected_rows') -%}
    {%- if delta -%}
    {%- set name = rejected.include(database=false, schema=false) -%}
    {%- set condition -%}
        relation = {{ tailrace.string_literal(this) }}
        and resolved_at is null
        and ({{ tailrace.folded_to() }} <> {{ tailrace.string_literal(tailrace.sent_to(tailrace.own_settings())) }} or exists (
            select 1
            from ({{ tailrace.settled_rows(delta) }}) as settled
            where settled._record_key = {{ name }}.record_key
                and (settled._operation = 'delete') = ({{ name }}.operation = 'delete')
        ))
    {%- endset -%}
    {%- set known_by = ['relation', 'record_key', 'operation', 'resolved_at'] -%}
    {{ tailrace.update_rows(rejected, known_by, 'resolved_at = ' ~ tailrace.now_utc(), condition) }}
    {%- endif -%}
{%- endmacro %}
