{#- What a person should know though it stops nothing. -#}
{% macro guard_warnings(drift) -%}
    {%- set text = tailrace.text_type() -%}
    nullif(substring(
        case
            when duplicate_rows > 0
                then '; ' || cast(duplicate_rows as {{ text }}) || ' rows share a primary key with another row and are not sent'
            else ''
        end
        {%- if drift.warning %}
        || {{ tailrace.string_literal('; ' ~ drift.warning) }}
        {%- endif %},
        3
    ), '')
{%- endmacro %}
