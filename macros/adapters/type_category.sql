{% macro type_category(data_type) -%}
    {{ return(adapter.dispatch('type_category', 'tailrace')(data_type | lower)) }}
{%- endmacro %}

{#-
  One of text, integer, decimal, float, boolean, date, time, timestamp, timestamptz, json, nested, binary
  (`time` and `geography` only where a cast to text would follow the session, or is none); a type that is none of these is sent as its text.
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

{#- A number without a scale is whole; a variant, an object and an array are JSON to others. -#}
{% macro snowflake__type_category(data_type) -%}
    {%- set base = data_type.split('(')[0] | trim -%}
    {%- set members = {
        'timestamp': ['timestamp_ntz', 'timestampntz'],
        'timestamptz': ['timestamp_ltz', 'timestamp_tz', 'timestampltz', 'timestamptz'],
        'json': ['variant', 'object', 'array', 'map'],
        'binary': ['binary', 'varbinary'],
        'time': ['time'],
    } -%}
    {%- for category, names in members.items() if base in names -%}
        {{ return(category) }}
    {%- endfor -%}
    {%- if base in ('number', 'numeric', 'decimal') -%}
        {{ return('integer' if modules.re.search(',\\s*0\\)$', data_type) else 'decimal') }}
    {%- endif -%}
    {{ return(tailrace.default__type_category(data_type)) }}
{%- endmacro %}

{% macro redshift__type_category(data_type) -%}
    {%- set own = {'super': 'json', 'varbyte': 'binary', 'binary varying': 'binary', 'varbinary': 'binary'} -%}
    {{ return(own.get(data_type.split('(')[0] | trim, tailrace.default__type_category(data_type))) }}
{%- endmacro %}

{% macro bigquery__type_category(data_type) -%}
    {%- set own = {
        'int64': 'integer', 'float64': 'float', 'bignumeric': 'decimal', 'bigdecimal': 'decimal',
        'bytes': 'binary', 'time': 'time', 'timestamp': 'timestamptz', 'record': 'nested',
        'geography': 'geography',
    } -%}
    {%- set base = data_type.split('(')[0].split('<')[0] | trim -%}
    {{ return(own.get(base, tailrace.default__type_category(base))) }}
{%- endmacro %}

{% macro spark__type_category(data_type) -%}
    {%- set own = {
        'byte': 'integer', 'short': 'integer', 'long': 'integer', 'dec': 'decimal', 'binary': 'binary',
        'timestamp': 'timestamptz', 'timestamp_ltz': 'timestamptz', 'timestamp_ntz': 'timestamp', 'variant': 'json',
    } -%}
    {%- set base = data_type.split('(')[0].split('<')[0] | trim -%}
    {{ return(own.get(base, tailrace.default__type_category(base))) }}
{%- endmacro %}
