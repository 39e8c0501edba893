{% macro unlabel_session() -%}
    {{ return(adapter.dispatch('unlabel_session', 'tailrace')()) }}
{%- endmacro %}

{% macro default__unlabel_session() -%}
{%- endmacro %}

{% macro snowflake__unlabel_session() -%}
    {%- if not (config.get('query_tag') or target.query_tag) -%}
    alter session unset query_tag
    {%- endif -%}
{%- endmacro %}
