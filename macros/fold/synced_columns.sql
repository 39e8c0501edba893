{#- Columns of the synced state and their types. -#}
{% macro synced_columns() -%}
    {%- set text = tailrace.text_type() -%}
    {%- set timestamp = tailrace.timestamp_type() -%}
    {{ return({
        '_record_key': text, '_identifiers': text, '_attributes': text, '_row_hash': tailrace.hash_type(),
        '_status': text, '_acknowledged_at': timestamp, '_event_time': timestamp, '_delta_id': text,
        '_sent_to': text,
    }) }}
{%- endmacro %}
