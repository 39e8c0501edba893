{#- The guards of an activation with the defaults filled in. Shares are percent: 10 means 10 %. -#}
{% macro check_guards(guards) -%}
    {%- set settled = {
        'max_delete_share': 10, 'max_delete_rows': 100, 'max_duplicate_share': 5, 'max_invalid_share': 5,
        'max_rejected_share': 1, 'empty_model': 'hold',
    } -%}
    {%- for name, value in guards.items() -%}
        {%- if name not in settled -%}
            {%- set near = tailrace.nearest(name, settled) -%}
            {{ tailrace.fail('there is no guard ' ~ tojson(name) ~ (' (did you mean ' ~ tojson(near) ~ '?)' if near else '') ~ '; write one of ' ~ settled | join(', ') ~ '.') }}
        {%- elif name == 'empty_model' -%}
            {{ tailrace.check_choice('guards.empty_model', value, ['hold', 'allow']) }}
        {%- elif value is not number or value < 0 or (name.endswith('_share') and value > 100) -%}
            {{ tailrace.fail('guards.' ~ name ~ ' is ' ~ tojson(value) ~ '; write ' ~ ('percent as a number from 0 to 100, such as 10 for 10 %.' if name.endswith('_share') else 'a number of rows from 0.')) }}
        {%- endif -%}
        {%- do settled.update({name: value}) -%}
    {%- endfor -%}
    {{ return(settled) }}
{%- endmacro %}
