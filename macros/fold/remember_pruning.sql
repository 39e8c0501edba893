{#-
  Before keys are forgotten, one row says up to which time: with a longer `lookback`, nothing at or before
  it may be planned again.
-#}
{% macro remember_pruning() -%}
    {%- set settings = tailrace.own_settings() -%}
    {%- if settings.sync_mode == 'incremental' and settings.lookback -%}
    insert into {{ tailrace.synced_relation(this) }} (_status, _event_time)
    select 'forgotten', max(_event_time)
    from {{ tailrace.synced_relation(this) }}
    where _event_time < {{ tailrace.days_before(tailrace.now_utc(), settings.lookback + 1) }}
        and _status not in ('in_doubt', 'forgotten')
    having count(*) > 0
    {%- endif -%}
{%- endmacro %}
