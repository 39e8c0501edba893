{#-
  Before keys are forgotten, one row says up to which time: with a longer `lookback`, nothing at or before
  it may be planned again.
-#}
{% macro remember_pruning() -%}
    {%- set settings = tailrace.own_settings() -%}
    {%- if settings.sync_mode == 'incremental' and settings.lookback -%}
    {%- set here = tailrace.string_literal(tailrace.sent_to(settings)) -%}
    insert into {{ tailrace.synced_relation(this) }} (_status, _event_time, _sent_to)
    select 'forgotten', max(_event_time), {{ here }}
    from {{ tailrace.synced_relation(this) }}
    where _sent_to = {{ here }}
        and _event_time < {{ tailrace.days_before(tailrace.now_utc(), settings.lookback + 1) }}
        and _status not in ('in_doubt', 'forgotten')
    having count(*) > 0
    {%- endif -%}
{%- endmacro %}
