{#-
  An acknowledged row ends the count of its refusals, and so does another destination. The row is looked up
  by one text, since not every engine takes a correlated query beside an `or`.
-#}
{% macro close_rejected_rows() -%}
    {%- set delta = tailrace.old_delta() -%}
    {%- if delta -%}
    {%- set condition -%}
        relation = {{ tailrace.string_literal(this) }}
        and resolved_at is null
        and (
            {{ tailrace.folded_to() }} <> {{ tailrace.string_literal(tailrace.sent_to(tailrace.own_settings())) }}
            or case when operation = 'delete' then '-' else '+' end || record_key in (
                select case when settled._operation = 'delete' then '-' else '+' end || settled._record_key
                from ({{ tailrace.settled_rows(delta) }}) as settled
            )
        )
    {%- endset -%}
    {%- set known_by = ['relation', 'record_key', 'operation', 'resolved_at'] -%}
    {{ tailrace.update_rows(tailrace.control_relation('tailrace_rejected_rows'), known_by, 'resolved_at = ' ~ tailrace.now_utc(), condition) }}
    {%- endif -%}
{%- endmacro %}
