{#-
  Whether dbt reads no rows, or a sample of them: of what they lack, nothing may be concluded. Of the two
  options `flags` knows --empty only.
-#}
{% macro nothing_planned() -%}
    {{ return(flags.EMPTY or invocation_args_dict.get('sample') is not none) }}
{%- endmacro %}
