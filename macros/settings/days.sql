{#- A number of days, written 90 or '90 days'; none stays none. -#}
{% macro days(argument, value) -%}
    {%- if value is none -%}{{ return(none) }}{%- endif -%}
    {%- set number = value | string | replace('days', '') | replace('day', '') | trim -%}
    {%- if not modules.re.fullmatch('[1-9][0-9]*', number) -%}
        {{ tailrace.fail(argument ~ ' is ' ~ tojson(value | string) ~ '; write a whole number of days, such as ' ~ "'90 days'.") }}
    {%- endif -%}
    {{ return(number | int) }}
{%- endmacro %}
