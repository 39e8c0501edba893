{#-
  Events whose outcome nobody knows: held back until a person decides, or given up; under `resend` they
  are left out, so that the diff plans them again.
-#}
{% macro add_rows_in_doubt() -%}
    {%- set delta = tailrace.old_delta() -%}
    {%- set settings = tailrace.own_settings() -%}
    {%- if delta and settings.sync_mode == 'incremental' and settings.in_doubt != 'resend' -%}
    insert into {{ tailrace.synced_relation(this) }} ({{ tailrace.synced_columns() | join(', ') }})
    select
        doubtful._record_key,
        doubtful._identifiers,
        doubtful._attributes,
        doubtful._row_hash,
        '{{ 'in_doubt' if settings.in_doubt == 'hold' else 'skipped' }}',
        cast(null as timestamp),
        doubtful._event_time,
        doubtful._delta_id
    from ({{ tailrace.settled_rows(delta, in_doubt=true) }}) as doubtful
    where not exists (
        select 1 from {{ tailrace.synced_relation(this) }} as synced_row
        where synced_row._record_key = doubtful._record_key
    )
    {%- endif -%}
{%- endmacro %}
