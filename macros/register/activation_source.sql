{#- The one model or source that an activation reads. -#}
{% macro activation_source() -%}
    {%- if model.refs -%}
        {%- set reference = model.refs[0] -%}
        {%- set names = [reference.package, reference.name] if reference.package else [reference.name] -%}
        {#- To dbt 2 a version of none is one that it does not find. -#}
        {%- if not reference.version and reference.version != 0 -%}
            {{ return(ref(*names)) }}
        {%- endif -%}
        {{ return(ref(*names, version=reference.version)) }}
    {%- endif -%}
    {{ return(source(model.sources[0][0], model.sources[0][1])) }}
{%- endmacro %}
