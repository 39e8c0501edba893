{% macro check_relation_name(name) -%}
    {{ return(adapter.dispatch('check_relation_name', 'tailrace')(name)) }}
{%- endmacro %}

{% macro default__check_relation_name(name) -%}
{%- endmacro %}

{#- PostgreSQL cuts a name after 63 bytes in silence, and two activations would share one synced state. -#}
{% macro postgres__check_relation_name(name) -%}
    {{ tailrace._check_bytes_of_name(name, 63, 'PostgreSQL') }}
{%- endmacro %}

{% macro redshift__check_relation_name(name) -%}
    {{ tailrace._check_bytes_of_name(name, 127, 'Redshift') }}
{%- endmacro %}

{% macro _check_bytes_of_name(name, limit, engine) -%}
    {%- set longest = limit - '__synced' | length -%}
    {%- if name.encode('utf-8') | length > longest -%}
        {{ tailrace.fail('its name has ' ~ name.encode('utf-8') | length ~ ' bytes and ' ~ engine ~ ' allows ' ~ longest ~ ' beside the ending __synced; give the model a shorter name or alias.') }}
    {%- endif -%}
{%- endmacro %}
