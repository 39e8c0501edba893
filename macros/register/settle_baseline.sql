{#- A baseline sends nothing: the build itself settles every row. -#}
{% macro settle_baseline() -%}
    {%- if tailrace.own_settings().run_type == 'baseline' -%}
    insert into {{ tailrace.control_relation('tailrace_watermarks') }}
        (delta_id, relation, shard, sending, acknowledged, folded, run_id, updated_at)
    select _delta_id, {{ tailrace.string_literal(this) }}, _shard, max(_ordinal), max(_ordinal),
        cast(null as bigint), cast(null as {{ tailrace.text_type() }}), {{ tailrace.now_utc() }}
    from {{ this }}
    where _ordinal is not null
    group by _delta_id, _shard
    {%- endif -%}
{%- endmacro %}
