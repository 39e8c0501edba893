{% macro carried_value(expression, category) -%}
    {{ return(adapter.dispatch('carried_value', 'tailrace')(expression, category)) }}
{%- endmacro %}

{#- A column of the model as the steps of the diff pass it on: as it is. -#}
{% macro default__carried_value(expression, category) -%}
    {{ return(expression) }}
{%- endmacro %}

{#- A SUPER may stand in no full outer join. -#}
{% macro redshift__carried_value(expression, category) -%}
    {{ return(tailrace.json_document(expression) if category == 'json' else expression) }}
{%- endmacro %}

{#- A VARIANT may stand in no set operation. -#}
{% macro databricks__carried_value(expression, category) -%}
    {{ return(tailrace.redshift__carried_value(expression, category)) }}
{%- endmacro %}
