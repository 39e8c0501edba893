{#- The select list that renders a row of the model as JSON text: its identifiers and each value. -#}
{% macro rendered_row(mapping) -%}
        {%- for column in mapping.columns %}
        model_row.{{ column }},
        {%- endfor %}
        model_row._record_key,
        model_row._event_time,
        model_row._hash as _row_hash,
        model_row._invalid_reason,
        {{ tailrace.record_identifiers(mapping) }} as _identifiers
        {%- for attribute in mapping.attributes %},
        {{ tailrace.rendered_value(attribute) }} as {{ attribute.value }}
        {%- endfor %}
{%- endmacro %}
