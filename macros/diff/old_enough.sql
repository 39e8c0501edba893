{#- A condition that is true for events that need not wait; none where all are old enough. -#}
{% macro old_enough(settings, columns) -%}
    {%- if settings.get('min_age') is none -%}{{ return(none) }}{%- endif -%}
    {%- set event_time = tailrace.event_time(settings, columns) -%}
    {%- if event_time is none -%}{{ return(none) }}{%- endif -%}
    {%- set youngest = tailrace.seconds_before(tailrace.now_utc(), settings.min_age) -%}
    {{ return('(' ~ event_time ~ ' is null or ' ~ event_time ~ ' <= ' ~ youngest ~ ')') }}
{%- endmacro %}
