{#-
  Counts of the new delta, of the model and of the synced state, and the shares that the guards judge, in
  percent. The duplicate share is 100 - count(distinct key) / count(key) x 100.
-#}
{% macro registration_counts(from_model, settings, columns) -%}
    {%- set rows = '(select * from ' ~ from_model ~ ')' if tailrace.nothing_planned() else from_model -%}
    {%- set not_late = tailrace.not_late(settings, columns, tailrace.synced_here(settings)) if settings.sync_mode == 'incremental' -%}
    {%- set old_enough = tailrace.old_enough(settings, columns) if settings.sync_mode == 'incremental' -%}
    with

    counts as (
        select
            {{ tailrace.row_count(rows ~ ' as model_row') }} as model_rows,
            {{ tailrace.row_count(rows ~ ' as model_row where not ' ~ not_late) if not_late else '0' }} as late_rows,
            {{ tailrace.row_count(rows ~ ' as model_row where not ' ~ old_enough) if old_enough else '0' }} as waiting_rows,
            {{ tailrace.row_count(tailrace.synced_here(settings) ~ " as synced_row where _status <> 'forgotten'") }} as synced_rows,
            coalesce(sum(case when _operation = 'insert' then 1 else 0 end), 0) as insert_rows,
            coalesce(sum(case when _operation = 'update' then 1 else 0 end), 0) as update_rows,
            coalesce(sum(case when _operation = 'delete' then 1 else 0 end), 0) as delete_rows,
            coalesce(sum(case when _operation = 'invalid' then 1 else 0 end), 0) as invalid_rows,
            coalesce(sum(case when _operation = 'resting' then 1 else 0 end), 0) as resting_rows,
            coalesce(sum(case when _invalid_reason = 'duplicate key' then 1 else 0 end), 0) as duplicate_rows,
            coalesce(sum(case when _invalid_reason = 'null key' then 1 else 0 end), 0) as null_key_rows,
            count(distinct case when _invalid_reason = 'duplicate key' then _record_key end) as duplicate_keys
        from {{ this }}
    ),

    shares as (
        select
            counts.*,
            100.0 * (duplicate_rows - duplicate_keys) / nullif(model_rows - late_rows - waiting_rows - null_key_rows, 0) as duplicate_share,
            100.0 * (invalid_rows - duplicate_rows) / nullif(model_rows - late_rows - waiting_rows, 0) as invalid_share,
            100.0 * delete_rows / nullif(synced_rows, 0) as delete_share
        from counts
    )
{%- endmacro %}
