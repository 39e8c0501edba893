{% macro index_delta() -%}
    {{ return(adapter.dispatch('index_delta', 'tailrace')()) }}
{%- endmacro %}

{% macro default__index_delta() -%}
{%- endmacro %}

{#- Ranges of the ordinal are read twenty times faster with an index. -#}
{% macro postgres__index_delta() -%}
    create index on {{ this }} (_shard, _ordinal)
{%- endmacro %}

{% macro redshift__index_delta() -%}
{%- endmacro %}
