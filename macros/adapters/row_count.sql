{#- How many rows follow `from`: an expression. -#}
{% macro row_count(rows) -%}
    {{ return(adapter.dispatch('row_count', 'tailrace')(rows)) }}
{%- endmacro %}

{% macro default__row_count(rows) -%}
    {{ return('(select count(*) from ' ~ rows ~ ')') }}
{%- endmacro %}

{#- Asked at once: a statement that writes is worked out by one process, and a query by several. -#}
{% macro postgres__row_count(rows) -%}
    {{ return(run_query('select count(*) from ' ~ rows).columns[0].values()[0]) }}
{%- endmacro %}

{% macro redshift__row_count(rows) -%}
    {{ return(tailrace.default__row_count(rows)) }}
{%- endmacro %}
