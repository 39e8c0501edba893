{% macro table_format() -%}
    {{ return(adapter.dispatch('table_format', 'tailrace')()) }}
{%- endmacro %}

{% macro default__table_format() -%}
{%- endmacro %}

{#-
  Rows are updated, deleted and merged, which files alone do not allow. A model's own file_format does not
  reach the control tables, which are made before any model, so the format is a var.
-#}
{% macro spark__table_format() -%}
    {{ return('using ' ~ var('tailrace_file_format', 'delta')) }}
{%- endmacro %}

{#- Builds and runners change different rows of the same control tables, which collide without deletion vectors. -#}
{% macro databricks__table_format() -%}
    {%- set format = tailrace.spark__table_format() -%}
    {%- set vectors = " tblproperties ('delta.enableDeletionVectors' = 'true')" -%}
    {{ return(format ~ (vectors if format == 'using delta' else '')) }}
{%- endmacro %}
