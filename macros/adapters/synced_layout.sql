{% macro synced_layout() -%}
    {{ return(adapter.dispatch('synced_layout', 'tailrace')()) }}
{%- endmacro %}

{% macro default__synced_layout() -%}
{%- endmacro %}

{#- Every build joins it with the model by this column, and reads it whole. -#}
{% macro redshift__synced_layout() -%}
    {{ return('diststyle key distkey (_record_key) sortkey (_record_key)') }}
{%- endmacro %}

{#- Fold takes rows out by identifiers, and the diff joins by key. -#}
{% macro bigquery__synced_layout() -%}
    {{ return('cluster by _identifiers, _record_key') }}
{%- endmacro %}

{#- As above; liquid clustering. -#}
{% macro databricks__synced_layout() -%}
    {{ return('cluster by (_identifiers, _record_key)') }}
{%- endmacro %}
