{#- The delta's own columns, in their order, and those of the steps towards it. -#}
{% macro package_columns() -%}
    {{ return([
        '_delta_id', '_shard', '_ordinal', '_operation', '_record_key', '_identifiers', '_payload',
        '_changed', '_invalid_reason', '_row_hash', '_attributes', '_event_time',
        '_again', '_certain', '_hash', '_known', '_match_hash', '_matched', '_planned', '_present',
        '_synced_attributes', '_synced_hash', '_synced_key',
    ]) }}
{%- endmacro %}
