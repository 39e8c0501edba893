{#-
  A table of the package's. A build may count on it, since it was made when the run began; where an
  activation is compiled or shown before the first build, an empty one takes its place.
-#}
{% macro table_or_empty(relation, columns) -%}
    {%- if execute and flags.INTROSPECT and flags.WHICH not in ('run', 'build', 'retry') and load_relation(relation) is none -%}
        {{ return('(' ~ tailrace.empty_select(columns) ~ ')') }}
    {%- endif -%}
    {{ return(relation) }}
{%- endmacro %}
