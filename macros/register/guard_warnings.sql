{#- What a person should know though it stops nothing. -#}
{% macro guard_warnings() -%}
    case
        when duplicate_rows > 0
            then cast(duplicate_rows as {{ tailrace.text_type() }}) || ' rows share a primary key with another row and are not sent'
    end
{%- endmacro %}
