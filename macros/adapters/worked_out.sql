{#- A step whose expressions are worked out where its rows are read: what follows `from`. -#}
{% macro worked_out(step) -%}
    {{ return(adapter.dispatch('worked_out', 'tailrace')(step)) }}
{%- endmacro %}

{% macro default__worked_out(step) -%}{{ return(step) }}{%- endmacro %}

{#-
  The planner puts the expressions of a step into every condition that uses them: the hash of a row was worked out
  twice by the processes that read it, and once more by the one that joins. It leaves a query with steps of its own alone.
-#}
{% macro postgres__worked_out(step) -%}
    {{ return('(with worked_out as (select * from ' ~ step ~ ') select * from worked_out) as ' ~ step) }}
{%- endmacro %}

{% macro redshift__worked_out(step) -%}{{ return(step) }}{%- endmacro %}
