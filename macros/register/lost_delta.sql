{#- Why a delta is held whose predecessor is gone before what was sent of it could be folded. -#}
{% macro lost_delta() -%}
    {{ return('its last delta was lost before what was sent of it could be noted, so this may be sent twice or not be taken back') }}
{%- endmacro %}
