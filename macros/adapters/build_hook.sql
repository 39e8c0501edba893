{% macro build_hook(sql) -%}
    {{ return(adapter.dispatch('build_hook', 'tailrace')(sql)) }}
{%- endmacro %}

{#- A hook as dbt's configuration takes it. -#}
{% macro default__build_hook(sql) -%}
    {{ return(sql) }}
{%- endmacro %}

{#-
  A transaction that changed a control table locks it until it ends: pushes, and builds of other activations,
  would wait for the whole build, or fail. So each statement commits by itself.
-#}
{% macro redshift__build_hook(sql) -%}
    {{ return({'sql': sql, 'transaction': false}) }}
{%- endmacro %}
