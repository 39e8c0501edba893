{#-
  Rows refused too often rest, and what is to be sent gets its shard and a dense ordinal
  within it, by operation (deletes last) and key, so that a page is of one operation. Redshift takes no constant
  to partition by, which the shard is where there is but one.
-#}
{% macro numbered_operations(settings) -%}
{%- set rank = "case _operation when 'insert' then 1 when 'update' then 2 when 'delete' then 3 else 4 end" -%}
exhausted_rows as (
    select record_key, row_hash, operation = 'delete' as is_delete
    from {{ tailrace.table_or_empty(tailrace.control_relation('tailrace_rejected_rows'), tailrace.control_tables()['tailrace_rejected_rows']) }} as rejected
    where relation = {{ tailrace.string_literal(this) }} and resolved_at is null
        -- a row that was held back by the runner was not refused by the destination
        and code <> 'not_sent'
    group by record_key, row_hash, operation = 'delete'
    having count(*) >= {{ settings.max_attempts }}
),

planned_rows as (
    select
        operations.*,
        {{ tailrace.key_hash('coalesce(operations._record_key, \'\')', settings.shards) if settings.shards > 1 else '0' }} as _shard,
        case
            when exhausted_rows.record_key is not null and operations._operation <> 'invalid' then 'resting'
            else operations._operation
        end as _planned
    from operations
    left join exhausted_rows
        on exhausted_rows.record_key = operations._record_key
        and exhausted_rows.row_hash = cast(operations._row_hash as {{ tailrace.text_type() }})
        and exhausted_rows.is_delete = (operations._operation = 'delete')
),

numbered_rows as (
    select
        planned_rows.*,
        case
            when _planned in ('insert', 'update', 'delete') then row_number() over (
                {%- if settings.shards > 1 %}
                partition by _shard
                {%- endif %}
                order by {{ rank | replace('_operation', '_planned') }}, _record_key, _identifiers
            )
        end as _ordinal
    from planned_rows
),
{%- endmacro %}
