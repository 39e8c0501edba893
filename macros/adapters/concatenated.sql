{% macro concatenated(parts) -%}
    {{ return(adapter.dispatch('concatenated', 'tailrace')(parts)) }}
{%- endmacro %}

{#- SQL expressions of text, none of them null, one after the other. -#}
{% macro default__concatenated(parts) -%}
    {{ return(parts | join('\n            || ')) }}
{%- endmacro %}

{#- Each operator would write the whole text so far anew. -#}
{% macro duckdb__concatenated(parts) -%}
    {{ return('concat(' ~ parts | join(',\n            ') ~ ')') }}
{%- endmacro %}
