{% macro update_rows(relation, known_by, changes, condition) -%}
    {{ return(adapter.dispatch('update_rows', 'tailrace')(relation, known_by, changes, condition)) }}
{%- endmacro %}

{% macro default__update_rows(relation, known_by, changes, condition) -%}
    {{ return('update ' ~ relation ~ '\nset ' ~ changes ~ '\nwhere ' ~ condition) }}
{%- endmacro %}

{#- As delete_rows, and for its reasons; the changes name no column of the condition on their right. -#}
{% macro spark__update_rows(relation, known_by, changes, condition) -%}
    {{ return(tailrace._merge_chosen(relation, known_by, condition) ~ 'update set ' ~ changes) }}
{%- endmacro %}
