{#- The rows of the synced state that were sent to where the activation sends now. -#}
{% macro synced_here(settings) -%}
    {{ return(
        '(select * from ' ~ tailrace.table_or_empty(tailrace.synced_relation(this), tailrace.synced_columns())
        ~ ' as everywhere where _sent_to = ' ~ tailrace.string_literal(tailrace.sent_to(settings)) ~ ')'
    ) }}
{%- endmacro %}
