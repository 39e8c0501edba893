{#- The one model or source that an activation reads. -#}
{% macro activation_source() -%}
    {%- if model.refs -%}
        {%- set reference = model.refs[0] -%}
        {%- if reference.package -%}
            {{ return(ref(reference.package, reference.name, version=reference.version)) }}
        {%- endif -%}
        {{ return(ref(reference.name, version=reference.version)) }}
    {%- endif -%}
    {{ return(source(model.sources[0][0], model.sources[0][1])) }}
{%- endmacro %}
