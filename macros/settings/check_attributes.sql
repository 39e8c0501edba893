{#- `attributes` as a mapping of name at the destination -> column, or none if they are to be looked up. -#}
{% macro check_attributes(attributes, sync_mode) -%}
    {%- if attributes is none -%}
        {{ return({} if sync_mode == 'membership' else none) }}
    {%- elif attributes is mapping -%}
        {%- set mapped = attributes -%}
    {%- elif attributes is string or attributes is not iterable -%}
        {{ tailrace.fail('attributes is ' ~ tojson(attributes) ~ '; write a mapping of name at the destination -> column, or a list of columns.') }}
    {%- else -%}
        {%- set mapped = {} -%}
        {%- for column in attributes -%}
            {%- if column in mapped -%}
                {{ tailrace.fail('attributes lists ' ~ tojson(column) ~ ' twice; list each attribute once.') }}
            {%- endif -%}
            {%- do mapped.update({column: column}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for name, column in mapped.items() if not name or not column or column is not string -%}
        {{ tailrace.fail('attributes maps ' ~ tojson(name) ~ ' to ' ~ tojson(column) ~ '; map a name at the destination to the name of a column, and put expressions into the model above.') }}
    {%- endfor -%}
    {{ return(mapped) }}
{%- endmacro %}
