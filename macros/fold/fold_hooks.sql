{#-
  The statements before the diff, each safe to repeat, in order: keep a running push and this build apart,
  then move what the old delta's watermarks settled into the synced state.
-#}
{% macro fold_hooks() -%}
    {{ return(tailrace.build_hooks([
        'label_session',
        'take_lease',
        'refuse_unsafe_build',
        'pin_session',
        'note_lost_delta',
        'drop_superseded_rows',
        'add_acknowledged_rows',
        'add_rows_in_doubt',
        'drop_doubted_rows',
        'close_rejected_rows',
        'remember_pruning',
        'prune_events',
        'note_fold',
        'begin_swap',
    ])) }}
{%- endmacro %}
