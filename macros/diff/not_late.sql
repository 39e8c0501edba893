{#- A condition that is true for events within `lookback`; none where events have no time to compare. -#}
{% macro not_late(settings, columns) -%}
    {%- set event_time = tailrace.event_time(settings, columns) -%}
    {%- if event_time is none or not settings.lookback -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set oldest = tailrace.days_before(tailrace.now_utc(), settings.lookback) -%}
    {{ return('(' ~ event_time ~ ' is null or ' ~ event_time ~ ' >= ' ~ oldest ~ ')') }}
{%- endmacro %}
