{#-
  A JSON object of the attributes for which a condition holds, one line each. `parts` is a list of
  SQL cases, each a line with a comma before it or the empty text.
-#}
{% macro json_object(parts) -%}
    {%- if not parts -%}
        {#- A bare literal has no type on Redshift, and gets none in the steps after it. -#}
        {{ return("cast('{}' as " ~ tailrace.text_type() ~ ')') }}
    {%- endif -%}
    {{ return("'{' || substring(" ~ ('\n            ' ~ tailrace.concatenated(parts)) ~ '\n        , 2) || ' ~ "'}'") }}
{%- endmacro %}
