{#- How a dbt build signs the leases that it takes; no runner ever takes them over. -#}
{% macro build_lease_holder() -%}
    {{ return('build ' ~ invocation_id) }}
{%- endmacro %}
