{% macro key_hash(expression, buckets) -%}
    {{ return(adapter.dispatch('key_hash', 'tailrace')(expression, buckets)) }}
{%- endmacro %}

{#- A bucket number from 0 to buckets - 1, stable within one delta. -#}
{% macro default__key_hash(expression, buckets) -%}
    {{ return('cast(hash(' ~ expression ~ ') % ' ~ buckets ~ ' as integer)') }}
{%- endmacro %}

{% macro postgres__key_hash(expression, buckets) -%}
    {{ return('cast(abs(hashtextextended(' ~ expression ~ ', 0) % ' ~ buckets ~ ') as integer)') }}
{%- endmacro %}

{% macro snowflake__key_hash(expression, buckets) -%}
    {{ return('cast(abs(hash(' ~ expression ~ ') % ' ~ buckets ~ ') as integer)') }}
{%- endmacro %}

{% macro redshift__key_hash(expression, buckets) -%}
    {{ return('cast(abs(fnv_hash(' ~ expression ~ ') % ' ~ buckets ~ ') as integer)') }}
{%- endmacro %}

{% macro bigquery__key_hash(expression, buckets) -%}
    {{ return('abs(mod(farm_fingerprint(' ~ expression ~ '), ' ~ buckets ~ '))') }}
{%- endmacro %}

{% macro spark__key_hash(expression, buckets) -%}
    {{ return('cast(pmod(xxhash64(' ~ expression ~ '), ' ~ buckets ~ ') as integer)') }}
{%- endmacro %}
