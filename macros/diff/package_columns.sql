{#- The delta's own columns, in their order. -#}
{% macro package_columns() -%}
    {{ return([
        '_delta_id', '_shard', '_ordinal', '_operation', '_record_key', '_identifiers', '_payload',
        '_changed', '_invalid_reason', '_row_hash', '_attributes', '_event_time',
    ]) }}
{%- endmacro %}
