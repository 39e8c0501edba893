{#-
  Whatever the synced state said of a record that an acknowledged row wrote or deleted is over. A record
  is known by its identifiers, an event by its key.
-#}
{% macro drop_superseded_rows() -%}
    {%- set delta = tailrace.settled_delta() -%}
    {%- if delta -%}
    {%- set column = '_record_key' if tailrace.own_settings().sync_mode == 'incremental' else '_identifiers' -%}
    {%- set condition -%}
        {{ column }} in (select settled.{{ column }} from ({{ tailrace.settled_rows(delta) }}) as settled)
        and _sent_to = {{ tailrace.folded_to() }}
    {%- endset -%}
    {{ tailrace.delete_rows(tailrace.synced_relation(this), [column, '_sent_to'], condition) }}
    {%- endif -%}
{%- endmacro %}
