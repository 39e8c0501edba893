{#- Keys of events that are late by a day or more can never be planned again, so they are forgotten. -#}
{% macro prune_events() -%}
    {%- set settings = tailrace.own_settings() -%}
    {%- if settings.sync_mode == 'incremental' and settings.lookback -%}
    delete from {{ tailrace.synced_relation(this) }}
    where _event_time < {{ tailrace.days_before(tailrace.now_utc(), settings.lookback + 1) }}
        and _status <> 'in_doubt'
    {%- endif -%}
{%- endmacro %}
