{#- The statements after the diff, in order: index, settle a baseline, say which delta is current and whether it
  is held, tidy up. A baseline is settled before it is current, so no runner ever sends it. -#}
{% macro register_hooks() -%}
    {{ return(tailrace.build_hooks([
        'index_delta',
        'settle_baseline',
        'add_registration',
        'refuse_overtaken_build',
        'drop_old_watermarks',
        'unlabel_session',
    ])) }}
{%- endmacro %}
