{#-
  What the record holds once the row is acknowledged: every value that is not null and, where nulls are
  skipped, the synced value that was left alone. Of a record in doubt nobody knows which one that is: the
  attribute keeps its name, with a text that no value is rendered as.
-#}
{% macro acknowledged_attributes(mapping, nulls) -%}
    {%- set parts = [] -%}
    {%- for attribute in mapping.attributes -%}
        {%- set line = "',' || " ~ tailrace.attribute_line(attribute.name, attribute.value) -%}
        {%- if nulls == 'send' -%}
            {%- do parts.append('coalesce(' ~ line ~ ", '')") -%}
        {%- else -%}
            {%- set start = tailrace.string_literal(tojson(attribute.name) ~ ':') -%}
            {%- set kept = "',' || chr(10) || " ~ 'case when _certain then ' ~ tailrace.line_from('_synced_attributes', start)
                ~ ' else ' ~ start ~ " || ' null' end || chr(10)" -%}
            {%- do parts.append(
                'case when ' ~ attribute.value ~ ' is not null then ' ~ line ~ ' when '
                ~ tailrace.contains('_synced_attributes', tailrace.attribute_line(attribute.name)) ~ ' then ' ~ kept ~ " else '' end"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(tailrace.json_object(parts)) }}
{%- endmacro %}
