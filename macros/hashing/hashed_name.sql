{#- Meta leaves out punctuation; capitals are gone by then, so one range has what lies around them. -#}
{% macro hashed_name(expression, network='') -%}
    {%- set normal = 'lower(trim(cast(' ~ expression ~ ' as ' ~ tailrace.text_type() ~ ')))' -%}
    {%- if network == 'meta' -%}
        {%- set normal = tailrace.replaced(normal, '[!-/:-`{-~ ]', '') -%}
    {%- endif -%}
    {{ return(tailrace.hash_unless_hashed(expression, normal)) }}
{%- endmacro %}
