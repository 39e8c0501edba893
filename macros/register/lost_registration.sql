{#- Why the delta of an activation is held that has a synced state and no registration. -#}
{% macro lost_registration() -%}
    {{ return('it is not registered here though rows of it are synced, so what was sent last may not be known') }}
{%- endmacro %}
