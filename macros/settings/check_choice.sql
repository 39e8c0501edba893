{% macro check_choice(argument, value, choices) -%}
    {%- if value not in choices -%}
        {%- set near = tailrace.nearest(value, choices) -%}
        {{ tailrace.fail(
            argument ~ ' is ' ~ tojson(value) ~ '; write one of ' ~ choices | join(', ')
            ~ (' (did you mean ' ~ tojson(near) ~ '?)' if near else '') ~ '.'
        ) }}
    {%- endif -%}
{%- endmacro %}
