{#- What the synced state said of a record before its rows came into doubt. -#}
{% macro drop_doubted_rows() -%}
    {%- set delta = tailrace.settled_delta(in_doubt=true) -%}
    {%- if delta and tailrace.own_settings().sync_mode != 'incremental' -%}
    {%- set condition -%}
        coalesce(_delta_id, '') not in (select distinct _delta_id from {{ delta }})
        and _sent_to = {{ tailrace.folded_to() }}
        and _identifiers in (
            select doubtful._identifiers from ({{ tailrace.settled_rows(delta, in_doubt=true) }}) as doubtful
        )
    {%- endset -%}
    {{ tailrace.delete_rows(tailrace.synced_relation(this), ['_identifiers', '_delta_id', '_sent_to'], condition) }}
    {%- endif -%}
{%- endmacro %}
