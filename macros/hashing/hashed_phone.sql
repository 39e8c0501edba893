{#- The number has its country code already, after a plus, two zeros or nothing. -#}
{% macro hashed_phone(expression, network='') -%}
    {%- set text = 'cast(' ~ expression ~ ' as ' ~ tailrace.text_type() ~ ')' -%}
    {%- set digits = tailrace.replaced(tailrace.replaced(text, '[^0-9]', ''), '^0+', '') -%}
    {%- set normal = digits -%}
    {%- if network in ('google', 'tiktok', 'x') -%}
        {%- set normal = 'case when length(' ~ digits ~ ") > 0 then '+' || " ~ digits ~ ' end' -%}
    {%- endif -%}
    {{ return(tailrace.hash_unless_hashed(expression, normal)) }}
{%- endmacro %}
