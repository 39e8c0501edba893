{#-
  Whether an attribute must be sent to bring the record up to date: its value differs from the synced
  one, or it became null (unless nulls are skipped). The synced state holds no nulls, so an attribute that
  was never sent and is null is no change. True for every value of a record that was never synced.
  `value` is a SQL expression of the attribute's JSON text.
-#}
{% macro attribute_changed(attribute, value, nulls) -%}
    {%- set synced = '_synced_attributes' -%}
    {%- if nulls == 'send' -%}
        {%- set when_null = 'coalesce(' ~ tailrace.contains(synced, tailrace.attribute_line(attribute.name)) ~ ', false)' -%}
    {%- else -%}
        {%- set when_null = 'false' -%}
    {%- endif -%}
    {{ return(
        'case when ' ~ value ~ ' is null then ' ~ when_null ~ ' else not coalesce('
        ~ tailrace.contains(synced, tailrace.attribute_line(attribute.name, value)) ~ ', false) end'
    ) }}
{%- endmacro %}
