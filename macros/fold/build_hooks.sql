{#- Steps of this package as hooks of a model, in order. A clone is no build and runs none of them. -#}
{% macro build_hooks(steps) -%}
    {%- set hooks = [] -%}
    {%- for step in steps -%}
        {%- do hooks.append(tailrace.build_hook('{{ tailrace.' ~ step ~ '() if flags.WHICH != "clone" }}')) -%}
    {%- endfor -%}
    {{ return(hooks) }}
{%- endmacro %}
