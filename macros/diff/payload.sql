{#- What is sent of a record that was sent before: the attributes to send, a value that became null as null. -#}
{% macro payload(mapping) -%}
    {%- set parts = [] -%}
    {%- for attribute in mapping.attributes -%}
        {%- set value = 'coalesce(' ~ attribute.value ~ ", 'null')" -%}
        {%- do parts.append(
            'case when ' ~ attribute.changed ~ ' or ((_again or not _known) and ' ~ attribute.value ~ " is not null) then ',' || " ~ tailrace.attribute_line(attribute.name, value) ~ " else '' end"
        ) -%}
    {%- endfor -%}
    {{ return(tailrace.json_object(parts)) }}
{%- endmacro %}
