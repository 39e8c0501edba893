{#-
  A condition that is true for events within `lookback` and after every event whose key was forgotten;
  none where events have no time to compare.
-#}
{% macro not_late(settings, columns, synced) -%}
    {%- set event_time = tailrace.event_time(settings, columns) -%}
    {%- if event_time is none or not settings.lookback -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set oldest = tailrace.days_before(tailrace.now_utc(), settings.lookback) -%}
    {%- set forgotten = "(select max(_event_time) from " ~ synced ~ " as forgotten_row where _status = 'forgotten')" -%}
    {{ return(
        '(' ~ event_time ~ ' is null or (' ~ event_time ~ ' >= ' ~ oldest
        ~ ' and ' ~ event_time ~ ' > coalesce(' ~ forgotten ~ ", cast('0001-01-02' as " ~ tailrace.timestamp_type() ~ '))))'
    ) }}
{%- endmacro %}
