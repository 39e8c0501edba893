{#-
  Whether a synced row's turn to be sent again came since it was acknowledged. Each key has its own day in
  a cycle of `days`, so that rows loaded together are not due together.
-#}
{% macro refresh_due(alias, days) -%}
    {%- set today = tailrace.day_number(tailrace.now_utc()) -%}
    {%- set bucket = tailrace.key_hash(alias ~ '._record_key', days) -%}
    {{ return(
        tailrace.day_number(alias ~ '._acknowledged_at') ~ ' < ' ~ today ~ ' - mod(' ~ today ~ ' + ' ~ bucket ~ ', ' ~ days ~ ')'
    ) }}
{%- endmacro %}
