{#-
  Whether dbt reads no rows, or a sample of them: of what they lack, nothing may be concluded. Of the two
  options `flags` knows --empty only; dbt 1 lists the other among its arguments, and dbt 2 nowhere.
-#}
{% macro nothing_planned() -%}
    {{ return(
        flags.EMPTY
        or invocation_args_dict.get('sample') is not none
        or '--sample' in invocation_args_dict.get('invocation_command', '')
        or env_var('DBT_SAMPLE', '') != '' or env_var('DBT_ENGINE_SAMPLE', '') != ''
    ) }}
{%- endmacro %}
