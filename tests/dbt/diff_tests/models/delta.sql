{{ config(materialized='view') }}
-- The delta of both. A bar stands for each line break in _attributes and _payload.
{%- set columns = {} -%}
{%- for name, category in {
    'id': 'text', 'shop': 'text', 'mail': 'text', 'name': 'text', 'score': 'integer', 'ratio': 'float',
    'happened_at': 'timestamp',
}.items() -%}
    {%- do columns.update({name: {'name': name, 'category': category}}) -%}
{%- endfor -%}
{%- set usual = {
    'destination': 'shop', 'service': 'users', 'sync_mode': 'upsert', 'primary_key': 'id',
    'identifiers': {'external_id': 'mail'}, 'attributes': ['name', 'score'], 'settings': {}, 'run_type': 'delta',
    'nulls': 'send', 'on_leave': 'delete', 'in_doubt': 'hold', 'max_attempts': 3, 'guards': {},
    'lookback': '90 days', 'max_age': none, 'min_age': none, 'refresh_after': none, 'shards': 1, 'enabled': true,
} -%}
{%- set settings = tailrace.check_settings(dict(usual, **var('activation', {})), {}) -%}
{#- What the rows were synced by, where the activation was another one then. -#}
{%- set before = tailrace.check_settings(dict(usual, **var('activation_before', var('activation', {}))), {}) -%}
{%- set mapping = tailrace.mapping(before, columns) -%}
{%- set synced -%}
(
    select
        synced_row._record_key, synced_row._identifiers, replace(synced_row._attributes, '|', chr(10)) as _attributes,
        coalesce(model_row._hash, synced_row._row_hash, 0) as _row_hash,
        coalesce(synced_row._status, 'acknowledged') as _status, synced_row._acknowledged_at,
        synced_row._event_time
    from {{ ref('synced_rows') }} as synced_row
    left join (select {{ mapping.key }} as _record_key, {{ mapping.hash }} as _hash from {{ ref('model_rows') }} as model_row) as model_row
        on model_row._record_key = synced_row._record_key and synced_row.unchanged
)
{%- endset %}
with

delta as (
    {{ tailrace.diff(ref('model_rows'), synced, settings, columns) }}
)

select
    _ordinal, _operation, _record_key, _identifiers, replace(_payload, chr(10), '|') as _payload, _changed,
    _invalid_reason, replace(_attributes, chr(10), '|') as _attributes
from delta
