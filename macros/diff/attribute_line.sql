{#-
  How an attribute stands in `_payload` and `_attributes`: alone on a line, `\n"name":value\n`. Rendered
  values hold no raw line break, so one attribute can be looked up in the text exactly, on any engine.
  `value` is a SQL expression of JSON text; without it, the start of the line only.
-#}
{% macro attribute_line(name, value=none) -%}
    {%- set start = tailrace.string_literal(tojson(name) ~ ':') -%}
    {%- if value is none -%}
        {{ return('chr(10) || ' ~ start) }}
    {%- endif -%}
    {{ return('chr(10) || ' ~ start ~ ' || ' ~ value ~ ' || chr(10)') }}
{%- endmacro %}
