{#-
  Before keys are forgotten, one row says up to which time: with a longer `lookback`, nothing at or before
  it may be planned again.
-#}
{% macro remember_pruning() -%}
    {%- set settings = tailrace.own_settings() -%}
    {%- if settings.sync_mode == 'incremental' and settings.lookback -%}
    {%- set here = tailrace.string_literal(tailrace.sent_to(settings)) -%}
    {%- set known = {'_status': "'forgotten'", '_event_time': 'max(_event_time)', '_sent_to': here} %}
    insert into {{ tailrace.synced_relation(this) }} ({{ tailrace.synced_columns() | join(', ') }})
    select
        {%- for name, type in tailrace.synced_columns().items() %}
        {{ known.get(name, 'cast(null as ' ~ type ~ ')') }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ tailrace.synced_relation(this) }}
    where _sent_to = {{ here }}
        and _event_time < {{ tailrace.days_before(tailrace.now_utc(), settings.lookback + 1) }}
        and _status not in ('in_doubt', 'forgotten')
    having count(*) > 0
    {%- endif -%}
{%- endmacro %}
