{#-
  Holds that no build wears away, not even one that plans nothing: a text with every reason, each after
  '; '. Only an approval, or a baseline, ends them.
-#}
{% macro lasting_holds(drift) -%}
    {%- set lost = '; ' ~ tailrace.lost_delta() if drift.lost else '' -%}
    {{ return(
        tailrace.string_literal(lost)
        ~ (' || case when synced_rows > 0 then ' ~ tailrace.string_literal('; ' ~ tailrace.lost_registration()) ~ " else '' end" if drift.unregistered else '')
    ) }}
{%- endmacro %}
