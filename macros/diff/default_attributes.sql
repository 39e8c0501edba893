{#- Every column that is neither key nor identifier, by its lower-case name. -#}
{% macro default_attributes(settings, columns) -%}
    {%- set attributes = {} -%}
    {%- if columns is none -%}
        {%- if execute and flags.WHICH in ('run', 'build') -%}
            {{ tailrace.fail('its columns cannot be looked up, since its model is ephemeral or dbt may not ask the warehouse; materialize it as a view, or list the columns in attributes.') }}
        {%- endif -%}
        {{ return(attributes) }}
    {%- endif -%}
    {%- set taken = (settings.primary_key + settings.identifiers.values() | list) | map('lower') | list -%}
    {%- for name, column in columns.items() if name not in taken -%}
        {%- do attributes.update({name: column.name}) -%}
    {%- endfor -%}
    {{ return(attributes) }}
{%- endmacro %}
