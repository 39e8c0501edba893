{#- Acknowledged inserts and updates enter the synced state. -#}
{% macro add_acknowledged_rows() -%}
    {%- set delta = tailrace.settled_delta() -%}
    {%- if delta -%}
    insert into {{ tailrace.synced_relation(this) }} ({{ tailrace.synced_columns() | join(', ') }})
    select
        settled._record_key,
        settled._identifiers,
        coalesce(settled._attributes, settled._payload),
        settled._row_hash,
        'acknowledged',
        {{ tailrace.now_utc() }},
        settled._event_time,
        settled._delta_id,
        {{ tailrace.folded_to() }}
    from ({{ tailrace.settled_rows(delta) }}) as settled
    where settled._operation in ('insert', 'update')
    {%- endif -%}
{%- endmacro %}
