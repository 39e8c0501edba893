{#-
  The synced state of a delta. A build may count on it, since it was made when the run began; where an
  activation that was never built is compiled or shown, an empty one takes its place.
-#}
{% macro synced_or_empty(delta) -%}
    {%- set synced = tailrace.synced_relation(delta) -%}
    {%- if execute and flags.INTROSPECT and flags.WHICH not in ('run', 'build', 'retry') and load_relation(synced) is none -%}
        {{ return('(' ~ tailrace.empty_select(tailrace.synced_columns()) ~ ')') }}
    {%- endif -%}
    {{ return(synced) }}
{%- endmacro %}
