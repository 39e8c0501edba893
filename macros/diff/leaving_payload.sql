{#- What a delete carries: with on_leave unset, each mapped attribute that was synced as null; else nothing. -#}
{% macro leaving_payload(mapping, settings) -%}
    {%- if settings.sync_mode != 'mirror' or settings.on_leave != 'unset' -%}
        {{ return("'{}'") }}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- for attribute in mapping.attributes -%}
        {%- do parts.append(
            'case when ' ~ tailrace.contains('_synced_attributes', tailrace.attribute_line(attribute.name))
            ~ " then ',' || " ~ tailrace.attribute_line(attribute.name, "'null'") ~ " else '' end"
        ) -%}
    {%- endfor -%}
    {{ return(tailrace.json_object(parts)) }}
{%- endmacro %}
