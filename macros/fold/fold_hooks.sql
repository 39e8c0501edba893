{#-
  The statements before the diff, each safe to repeat, in order: keep a running push and this build apart,
  then move what the old delta's watermarks settled into the synced state.
-#}
{% macro fold_hooks() -%}
    {{ return([
        '{{ tailrace.lock_registration() }}',
        '{{ tailrace.refuse_live_lease() }}',
        '{{ tailrace.drop_superseded_rows() }}',
        '{{ tailrace.add_acknowledged_rows() }}',
        '{{ tailrace.add_rows_in_doubt() }}',
        '{{ tailrace.drop_doubted_rows() }}',
        '{{ tailrace.close_rejected_rows() }}',
        '{{ tailrace.prune_events() }}',
    ]) }}
{%- endmacro %}
