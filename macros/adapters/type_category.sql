{% macro type_category(data_type) -%}
    {{ return(adapter.dispatch('type_category', 'tailrace')(data_type | lower)) }}
{%- endmacro %}

{#-
  One of text, integer, decimal, float, boolean, date, timestamp, timestamptz, json, nested, binary;
  a type that is none of these is sent as its text.
-#}
{% macro default__type_category(data_type) -%}
    {%- set base = data_type.split('(')[0] | trim -%}
    {%- set members = {
        'boolean': ['boolean', 'bool'],
        'integer': ['integer', 'int', 'bigint', 'smallint', 'tinyint', 'hugeint', 'int2', 'int4', 'int8',
                    'uinteger', 'ubigint', 'usmallint', 'utinyint', 'uhugeint'],
        'decimal': ['numeric', 'decimal'],
        'float': ['real', 'float', 'float4', 'float8', 'double', 'double precision'],
        'date': ['date'],
        'timestamp': ['timestamp', 'timestamp without time zone', 'timestamp_s', 'timestamp_ms', 'timestamp_ns', 'datetime'],
        'timestamptz': ['timestamptz', 'timestamp with time zone'],
        'json': ['json', 'jsonb'],
        'binary': ['bytea', 'blob'],
        'nested': ['array', 'struct', 'map', 'union', 'list'],
    } -%}
    {%- if data_type.endswith(']') -%}
        {{ return('nested') }}
    {%- endif -%}
    {%- for category, names in members.items() if base in names -%}
        {{ return(category) }}
    {%- endfor -%}
    {{ return('text') }}
{%- endmacro %}
