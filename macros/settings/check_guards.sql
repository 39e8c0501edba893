{#- The guards of an activation with the defaults filled in. Shares are percent: 10 means 10 %. -#}
{% macro check_guards(guards) -%}
    {%- set settled = {
        'max_delete_share': 10, 'max_delete_rows': 100, 'max_duplicate_share': 5, 'max_invalid_share': 5,
        'max_rejected_share': 1, 'empty_model': 'hold',
    } -%}
    {%- for name, value in guards.items() -%}
        {%- if name not in settled -%}
            {%- set near = tailrace.nearest(name, settled) -%}
            {{ tailrace.fail('guards has no ' ~ tojson(name) ~ (', did you mean ' ~ tojson(near) if near else '') ~ '? It takes ' ~ settled | join(', ') ~ '.') }}
        {%- elif name == 'empty_model' -%}
            {{ tailrace.check_choice('guards.empty_model', value, ['hold', 'allow']) }}
        {%- elif value is not number or value < 0 or (name.endswith('_share') and value > 100) -%}
            {{ tailrace.fail('guards.' ~ name ~ ' is ' ~ tojson(value) ~ '; write ' ~ ('percent from 0 to 100.' if name.endswith('_share') else 'a number of rows.')) }}
        {%- endif -%}
        {%- do settled.update({name: value}) -%}
    {%- endfor -%}
    {{ return(settled) }}
{%- endmacro %}
