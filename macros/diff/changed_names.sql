{#- The names of the changed attributes of a record that the synced state holds, as a JSON array; else null. -#}
{% macro changed_names(mapping) -%}
    {%- set parts = [] -%}
    {%- for attribute in mapping.attributes -%}
        {%- do parts.append('case when ' ~ attribute.changed ~ ' then ' ~ tailrace.string_literal(',' ~ tojson(attribute.name)) ~ " else '' end") -%}
    {%- endfor -%}
    {%- if not parts -%}
        {{ return('cast(null as ' ~ tailrace.text_type() ~ ')') }}
    {%- endif -%}
    {{ return("case when _known then '[' || substring(cast(" ~ parts | join('\n            || ') ~ ' as ' ~ tailrace.text_type() ~ "), 2) || ']' end") }}
{%- endmacro %}
