{% macro check_relation_name(name) -%}
    {{ return(adapter.dispatch('check_relation_name', 'tailrace')(name)) }}
{%- endmacro %}

{% macro default__check_relation_name(name) -%}
{%- endmacro %}

{#- PostgreSQL cuts a name after 63 bytes in silence, and two activations would share one synced state. -#}
{% macro postgres__check_relation_name(name) -%}
    {%- set longest = 63 - '__synced' | length -%}
    {%- if name.encode('utf-8') | length > longest -%}
        {{ tailrace.fail('its name has ' ~ name.encode('utf-8') | length ~ ' bytes and PostgreSQL allows ' ~ longest ~ ' beside the ending __synced; give the model a shorter name or alias.') }}
    {%- endif -%}
{%- endmacro %}
