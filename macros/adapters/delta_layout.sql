{% macro delta_layout() -%}
    {{ return(adapter.dispatch('delta_layout', 'tailrace')()) }}
{%- endmacro %}

{% macro default__delta_layout() -%}
    {{ return({}) }}
{%- endmacro %}

{#- The runner reads ranges of the ordinal of one shard, and pays for what it scans. -#}
{% macro bigquery__delta_layout() -%}
    {{ return({'cluster_by': ['_shard', '_ordinal']}) }}
{%- endmacro %}
