{% macro sought_rows(synced) -%}
    {{ return(adapter.dispatch('sought_rows', 'tailrace')(synced)) }}
{%- endmacro %}

{#- The synced rows among which those of `unmatched_rows` are looked up: all of them. -#}
{% macro default__sought_rows(synced) -%}
    {{ return(synced) }}
{%- endmacro %}

{#-
  Those that have one of the hashes. A step is kept here, so asking it once more costs nothing, and one number
  is compared before any text is read.
-#}
{% macro duckdb__sought_rows(synced) -%}
    {{ return('(select * from ' ~ synced ~ ' as sought_row where _row_hash in (select _synced_hash from unmatched_rows))') }}
{%- endmacro %}

{#- Also, the planner would else hash the whole synced state instead of the few rows. -#}
{% macro postgres__sought_rows(synced) -%}
    {{ return(tailrace.duckdb__sought_rows(synced)) }}
{%- endmacro %}

{% macro redshift__sought_rows(synced) -%}
    {{ return(synced) }}
{%- endmacro %}
