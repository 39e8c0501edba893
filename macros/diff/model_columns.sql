{#-
  The columns of the model as a mapping of lower-case name -> {'name', 'category'}; none where they
  cannot be looked up: at parse time, without a connection, for a model that is not built yet, and in
  unit tests and ephemeral models, which are no relations.
-#}
{% macro model_columns(from_model) -%}
    {%- set ephemeral = '__dbt__cte__' in (from_model | string) -%}
    {%- if not execute or not flags.INTROSPECT or ephemeral -%}
        {{ return(none) }}
    {%- endif -%}
    {#- Under --empty and --sample the relation renders as a subquery, so a plain one is made. -#}
    {%- set relation = api.Relation.create(
        database=from_model.database, schema=from_model.schema, identifier=from_model.identifier
    ) -%}
    {%- if load_relation(relation) is none -%}
        {%- if flags.WHICH in ('run', 'build') -%}
            {{ tailrace.fail('its model ' ~ from_model ~ ' is not in the warehouse; build it first, with dbt build --select +' ~ model.name ~ '.') }}
        {%- endif -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set columns = {} -%}
    {%- for column in tailrace._columns_now(relation) -%}
        {%- do columns.update({column.name | lower: {
            'name': column.name, 'category': tailrace.type_category(column.data_type), 'alike': column.name | lower in columns,
        }}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{#- dbt 2 remembers columns from before the run; the macro behind its method asks the warehouse, where there is one. -#}
{% macro _columns_now(relation) -%}
    {%- if dbt_version.startswith('2.') and target.type in ('duckdb', 'postgres', 'redshift', 'snowflake') -%}
        {{ return(dbt.get_columns_in_relation(relation)) }}
    {%- endif -%}
    {{ return(adapter.get_columns_in_relation(relation)) }}
{%- endmacro %}
