{#- Keys of events that are late by a day or more cannot be planned again, so they are forgotten. -#}
{% macro prune_events() -%}
    {%- set settings = tailrace.own_settings() -%}
    {%- if settings.sync_mode == 'incremental' and settings.lookback -%}
    {%- set synced = tailrace.synced_relation(this) -%}
    {%- set here = tailrace.string_literal(tailrace.sent_to(settings)) -%}
    {%- set condition -%}
    _sent_to = {{ here }} and ((
        _event_time < {{ tailrace.days_before(tailrace.now_utc(), settings.lookback + 1) }}
        and _status not in ('in_doubt', 'forgotten')
    ) or (
        _status = 'forgotten'
        and _event_time < (select max(newest._event_time) from {{ synced }} as newest where newest._status = 'forgotten' and newest._sent_to = {{ here }})
    ))
    {%- endset -%}
    {{ tailrace.delete_rows(synced, ['_event_time', '_status', '_sent_to'], condition) }}
    {%- endif -%}
{%- endmacro %}
