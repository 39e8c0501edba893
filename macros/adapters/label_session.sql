{% macro label_session() -%}
    {{ return(adapter.dispatch('label_session', 'tailrace')()) }}
{%- endmacro %}

{% macro default__label_session() -%}
{%- endmacro %}

{#- As the runner labels what it says; a label that the model or the profile has is left alone. -#}
{% macro snowflake__label_session() -%}
    {%- if not (config.get('query_tag') or target.query_tag) -%}
    alter session set query_tag = {{ tailrace.string_literal(tojson({'app': 'tailrace', 'activation': model.name, 'run': invocation_id})) }}
    {%- endif -%}
{%- endmacro %}
