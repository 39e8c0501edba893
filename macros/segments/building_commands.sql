{#- The commands of dbt that build models; the hooks have nothing to do in others. -#}
{% macro building_commands() -%}
    {{ return(['run', 'build', 'retry']) }}
{%- endmacro %}
