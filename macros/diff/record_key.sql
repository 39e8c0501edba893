{#-
  A primary key as one text. A single column is its own text; the parts of a composite key are framed
  with their length (`3:a-b|1:c`), so that no two different keys are one text. Null if a part is null.
  `values` are SQL expressions of text.
-#}
{% macro record_key(values) -%}
    {%- if values | length == 1 -%}
        {{ return(values[0]) }}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- for value in values -%}
        {%- do parts.append('cast(length(' ~ value ~ ') as ' ~ tailrace.text_type() ~ ") || ':' || " ~ value) -%}
    {%- endfor -%}
    {{ return(parts | join(" || '|' || ")) }}
{%- endmacro %}
