{#- An age of events in seconds, written '24 hours'; none stays none. -#}
{% macro age(argument, arguments) -%}
    {%- set value = arguments[argument] -%}
    {%- if value is none -%}{{ return(none) }}{%- endif -%}
    {%- if arguments.sync_mode != 'incremental' -%}
        {{ tailrace.fail(argument ~ " is for events; leave it out, or send events with sync_mode = 'incremental'.") }}
    {%- endif -%}
    {%- set written = modules.re.fullmatch('([0-9]+) (minute|hour|day)s?', value | string) -%}
    {%- if not written -%}
        {{ tailrace.fail(argument ~ ' is ' ~ tojson(value | string) ~ '; write whole minutes, hours or days, such as ' ~ "'24 hours'.") }}
    {%- endif -%}
    {{ return((written.group(1) | int) * {'minute': 60, 'hour': 3600, 'day': 86400}[written.group(2)]) }}
{%- endmacro %}
