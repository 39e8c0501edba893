{% macro row_hash(mapping, expressions) -%}
    {{ return(adapter.dispatch('row_hash', 'tailrace')(mapping, expressions)) }}
{%- endmacro %}

{#-
  A native 64-bit hash. It is compared only with the previous hash of the same key, and rows whose
  hashes differ are compared by value, so an engine may change its hash function at any time.
  The mapping's text is hashed too: renaming an attribute must make every row a candidate.
-#}
{% macro default__row_hash(mapping, expressions) -%}
    {{ return('hash(' ~ ([tailrace.string_literal(mapping)] + expressions) | join(', ') ~ ')') }}
{%- endmacro %}

{% macro postgres__row_hash(mapping, expressions) -%}
    {{ return(
        'hashtextextended(cast(row(' ~ ([tailrace.string_literal(mapping)] + expressions) | join(', ') ~ ') as text), 0)'
    ) }}
{%- endmacro %}

{% macro snowflake__row_hash(mapping, expressions) -%}
    {{ return('cast(' ~ tailrace.default__row_hash(mapping, expressions) ~ ' as ' ~ tailrace.hash_type() ~ ')') }}
{%- endmacro %}
