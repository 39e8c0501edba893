{#- The statements after the diff, in order: index, say which delta is current and whether it is held, tidy up. -#}
{% macro register_hooks() -%}
    {{ return([
        '{{ tailrace.index_delta() }}',
        '{{ tailrace.drop_registration() }}',
        '{{ tailrace.add_registration() }}',
        '{{ tailrace.settle_baseline() }}',
        '{{ tailrace.drop_old_watermarks() }}',
    ]) }}
{%- endmacro %}
