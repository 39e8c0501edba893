{% macro pin_session() -%}
    {{ return(adapter.dispatch('pin_session', 'tailrace')()) }}
{%- endmacro %}

{% macro default__pin_session() -%}
{%- endmacro %}

{#-
  The text of a date, a float or an interval follows the session, so a role's or a hook's own settings would
  look like changed values. The time zone stays: the analyst's SQL may count on it. And the planner takes rows of
  another process for too dear to read by several, and what it compiles for worth more work than it saves.
-#}
{% macro postgres__pin_session() -%}
    select
        set_config('datestyle', 'ISO', true),
        set_config('extra_float_digits', '1', true),
        set_config('intervalstyle', 'postgres', true),
        set_config('bytea_output', 'hex', true),
        set_config('parallel_tuple_cost', '0.01', true),
        set_config('jit_optimize_above_cost', '-1', true)
{%- endmacro %}

{#- Of these settings the engine has one that a text follows. -#}
{% macro redshift__pin_session() -%}
    select set_config('datestyle', 'ISO', false)
{%- endmacro %}

{#-
  The optimizer derives conditions from conditions, and those of a wide activation outgrow any memory: forty
  attributes took minutes and all of it, and without the derived ones seconds.
-#}
{% macro spark__pin_session() -%}
    set spark.sql.constraintPropagation.enabled = false
{%- endmacro %}

{#- A SQL warehouse knows few settings and refuses the others. -#}
{% macro databricks__pin_session() -%}
{%- endmacro %}
