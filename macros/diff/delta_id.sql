{#- Names one build of one activation: the same for every statement of a build, new for the next. -#}
{% macro delta_id() -%}
    {{ return(local_md5(invocation_id ~ this)) }}
{%- endmacro %}
