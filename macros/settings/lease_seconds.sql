{#- After how many seconds without a sign of life a runner counts as dead: the var tailrace_lease_seconds. -#}
{% macro lease_seconds() -%}
    {%- set seconds = var('tailrace_lease_seconds', 120) -%}
    {%- if not modules.re.fullmatch('[1-9][0-9]*', seconds | string) -%}
        {{ exceptions.raise_compiler_error('The var tailrace_lease_seconds is ' ~ tojson(seconds | string) ~ '; write a whole number of seconds above 0.') }}
    {%- endif -%}
    {{ return(seconds | int) }}
{%- endmacro %}
