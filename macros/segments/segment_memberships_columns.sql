{#- The columns of the table of segment memberships, name -> type, in order. -#}
{% macro segment_memberships_columns() -%}
    {{ return({
        'segment': tailrace.text_type(),
        'member_key': tailrace.text_type(),
        'is_member': 'boolean',
        'entered_at': tailrace.timestamp_type(),
        'left_at': tailrace.timestamp_type(),
    }) }}
{%- endmacro %}
