{% macro delete_rows(relation, known_by, condition) -%}
    {{ return(adapter.dispatch('delete_rows', 'tailrace')(relation, known_by, condition)) }}
{%- endmacro %}

{% macro default__delete_rows(relation, known_by, condition) -%}
    {{ return('delete from ' ~ relation ~ '\nwhere ' ~ condition) }}
{%- endmacro %}

{#-
  A condition with a query in it is refused: by Delta Lake always, by Databricks where that query holds another
  one. MERGE takes any query as its source, here the rows themselves; `known_by` names at least the columns
  of the condition, so that rows which are alike in them share their fate.
-#}
{% macro spark__delete_rows(relation, known_by, condition) -%}
    {{ return(tailrace._merge_chosen(relation, known_by, condition) ~ 'delete') }}
{%- endmacro %}

{% macro _merge_chosen(relation, known_by, condition) -%}
    {%- set pairs = [] -%}
    {%- for column in known_by -%}
        {%- do pairs.append('kept.' ~ column ~ ' <=> chosen.' ~ column) -%}
    {%- endfor -%}
    {{ return(
        'merge into ' ~ relation ~ ' as kept\nusing (select distinct ' ~ known_by | join(', ') ~ ' from ' ~ relation
        ~ ' where ' ~ condition ~ ') as chosen\non ' ~ pairs | join(' and ') ~ '\nwhen matched then '
    ) }}
{%- endmacro %}
