{#- A condition of a join by hash: the keys are the same too. -#}
{% macro same_key(key, other) -%}
    {{ return(adapter.dispatch('same_key', 'tailrace')(key, other)) }}
{%- endmacro %}

{% macro default__same_key(key, other) -%}{{ return(key ~ ' = ' ~ other) }}{%- endmacro %}

{#- Written so that rows are joined by the number alone, and only the keys of those that have the same are read. -#}
{% macro postgres__same_key(key, other) -%}{{ return(key ~ ' is not distinct from ' ~ other) }}{%- endmacro %}

{% macro redshift__same_key(key, other) -%}{{ return(key ~ ' = ' ~ other) }}{%- endmacro %}
