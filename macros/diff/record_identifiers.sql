{#- The identifiers of the row `model_row` as a JSON object. -#}
{% macro record_identifiers(mapping) -%}
    {%- set parts = [] -%}
    {%- for identifier in mapping.identifiers -%}
        {%- set begin = (',' if parts else '') ~ tojson(identifier.name) ~ ':' -%}
        {%- do parts.append(tailrace.string_literal(begin) ~ ' || ' ~ tailrace.json_value(identifier.carried, 'text')) -%}
    {%- endfor -%}
    {{ return("'{' || " ~ parts | join(' || ') ~ " || '}'") }}
{%- endmacro %}
