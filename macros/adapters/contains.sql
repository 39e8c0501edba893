{% macro contains(text, part) -%}
    {{ return(adapter.dispatch('contains', 'tailrace')(text, part)) }}
{%- endmacro %}

{% macro default__contains(text, part) -%}
    {{ return('strpos(' ~ text ~ ', ' ~ part ~ ') > 0') }}
{%- endmacro %}

{% macro snowflake__contains(text, part) -%}
    {{ return('position(' ~ part ~ ', ' ~ text ~ ') > 0') }}
{%- endmacro %}

{% macro spark__contains(text, part) -%}
    {{ return('instr(' ~ text ~ ', ' ~ part ~ ') > 0') }}
{%- endmacro %}
