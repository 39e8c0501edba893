{% macro row_hash(mapping, expressions, categories=[]) -%}
    {{ return(adapter.dispatch('row_hash', 'tailrace')(mapping, expressions, categories)) }}
{%- endmacro %}

{#-
  A native 64-bit hash. It is compared only with the previous hash of the same key, and rows whose
  hashes differ are compared by value, so an engine may change its hash function at any time.
  The mapping's text is hashed too: renaming an attribute must make every row a candidate.
-#}
{% macro default__row_hash(mapping, expressions, categories) -%}
    {{ return('hash(' ~ ([tailrace.string_literal(mapping)] + expressions) | join(', ') ~ ')') }}
{%- endmacro %}

{#-
  As on Redshift below. Numbers and times are hashed as they are and all else by its text, which tells apart
  what an equal value does not: 1.0 and 1.00 as numeric, -0 and 0 as float, A and a as citext.
-#}
{% macro postgres__row_hash(mapping, expressions, categories) -%}
    {%- set chain = namespace(sql='hashtextextended(' ~ tailrace.string_literal(mapping) ~ ', 0)') -%}
    {%- for expression in expressions -%}
        {%- set category = categories[loop.index0] or 'text' -%}
        {%- if category == 'integer' -%}
            {%- set hashed = 'hashint8extended(' ~ expression ~ ', 0)' -%}
        {%- elif category in ('timestamp', 'timestamptz') -%}
            {%- set hashed = 'timestamp_hash_extended(' ~ tailrace.utc_timestamp(expression, category) ~ ', 0)' -%}
        {%- else -%}
            {%- set hashed = 'hashtextextended(cast(' ~ expression ~ ' as text), 0)' -%}
        {%- endif -%}
        {%- set chain.sql = 'hashint8extended(coalesce(' ~ hashed ~ ', 0), ' ~ chain.sql ~ ')' -%}
    {%- endfor -%}
    {{ return(chain.sql) }}
{%- endmacro %}

{% macro snowflake__row_hash(mapping, expressions, categories) -%}
    {{ return('cast(' ~ tailrace.default__row_hash(mapping, expressions, categories) ~ ' as ' ~ tailrace.hash_type() ~ ')') }}
{%- endmacro %}

{#- The hash so far is the seed of the next one; of a value only its hash goes in, so that no two rows run together. -#}
{% macro redshift__row_hash(mapping, expressions, categories) -%}
    {%- set chain = namespace(sql='fnv_hash(cast(' ~ tailrace.string_literal(mapping) ~ ' as ' ~ tailrace.text_type() ~ '))') -%}
    {%- for expression in expressions -%}
        {%- set text = tailrace.text_value(expression, categories[loop.index0] or 'text') -%}
        {%- set chain.sql = 'fnv_hash(case when ' ~ text ~ ' is null then 0 else fnv_hash(' ~ text ~ ') end, ' ~ chain.sql ~ ')' -%}
    {%- endfor -%}
    {{ return(chain.sql) }}
{%- endmacro %}

{% macro bigquery__row_hash(mapping, expressions, categories) -%}
    {%- set parts = [tailrace.string_literal(mapping)] -%}
    {%- for expression in expressions -%}
        {%- set is_place = categories[loop.index0] == 'geography' -%}
        {%- do parts.append(tailrace.text_value(expression, 'geography') if is_place else expression) -%}
    {%- endfor -%}
    {{ return('farm_fingerprint(to_json_string(struct(' ~ parts | join(', ') ~ ')))') }}
{%- endmacro %}

{#- The function passes over nulls, so that a value that moved to the next column would not show; and it takes no map. -#}
{% macro spark__row_hash(mapping, expressions, categories) -%}
    {%- set parts = [tailrace.string_literal(mapping)] -%}
    {%- for expression in expressions -%}
        {%- set as_text = categories[loop.index0] in ('nested', 'json') -%}
        {%- do parts.append(expression ~ ' is null') -%}
        {%- do parts.append(tailrace.json_document(expression) if as_text else expression) -%}
    {%- endfor -%}
    {{ return('xxhash64(' ~ parts | join(', ') ~ ')') }}
{%- endmacro %}
