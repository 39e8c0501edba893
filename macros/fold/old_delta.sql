{#- The delta that this build will replace, or none if there is no table of that name or it is no delta. -#}
{% macro old_delta() -%}
    {%- set relation = load_relation(this) if execute -%}
    {%- if not relation -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set names = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list -%}
    {{ return(relation if '_delta_id' in names and '_event_time' in names else none) }}
{%- endmacro %}
