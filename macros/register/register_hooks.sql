{#- The statements after the diff, in order: index, say which delta is current and whether it is held, tidy up. -#}
{% macro register_hooks() -%}
    {{ return(tailrace.build_hooks([
        'index_delta',
        'drop_registration',
        'add_registration',
        'settle_baseline',
        'drop_old_watermarks',
    ])) }}
{%- endmacro %}
