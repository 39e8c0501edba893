{% macro check_choice(argument, value, choices) -%}
    {%- if value not in choices -%}
        {%- set near = tailrace.nearest(value, choices) -%}
        {{ tailrace.fail(
            argument ~ ' is ' ~ tojson(value) ~ (', did you mean ' ~ tojson(near) if near else '')
            ~ '? It takes ' ~ choices | join(', ') ~ '.'
        ) }}
    {%- endif -%}
{%- endmacro %}
