{#-
  Returns each way in which an activation's delta, synced state, watermarks and rejected rows contradict
  one another, with where it was seen.
-#}
{% test synced_state_consistent(model) %}
    {%- set delta = tailrace.plain_relation(model) -%}
    {%- set relation = tailrace.string_literal(delta) -%}
    {%- set text = tailrace.text_type() %}
with

registrations as (
    select delta_id, sync_mode, sent_to, insert_rows + update_rows + delete_rows as planned
    from {{ tailrace.control_relation('tailrace_activations') }}
    where relation = {{ relation }}
),

delta_rows as (
    select _delta_id, _shard, _ordinal, _operation, _record_key, _identifiers
    from {{ delta }}
),

synced_rows as (
    select synced.*, case when registrations.sync_mode = 'incremental' then _record_key else _identifiers end as _known_by
    from {{ tailrace.synced_relation(delta) }} as synced
    inner join registrations on registrations.sent_to = synced._sent_to
    where coalesce(synced._status, '') <> 'forgotten'
),

settled_shards as (
    select watermark.shard as _shard, coalesce(max(watermark.acknowledged), 0) as settled
    from {{ tailrace.control_relation('tailrace_watermarks') }} as watermark
    inner join registrations on registrations.delta_id = watermark.delta_id
    where watermark.relation = {{ relation }}
    group by watermark.shard
),

shards as (
    select
        delta_rows._shard,
        coalesce(max(settled_shards.settled), 0) as settled,
        sum(case when delta_rows._ordinal > coalesce(settled_shards.settled, 0) then 1 else 0 end) as unsettled,
        count(*) as planned,
        count(distinct delta_rows._ordinal) as ordinals,
        min(delta_rows._ordinal) as first,
        max(delta_rows._ordinal) as last
    from delta_rows
    left join settled_shards on settled_shards._shard = delta_rows._shard
    where delta_rows._ordinal is not null
    group by delta_rows._shard
),

shard_ends as (
    select _shard, last as reached
    from shards

    union all

    select _shard, settled
    from settled_shards
),

-- settled rows may be forgotten, so that a shard ends before its watermark, or is not seen at all
whole_shards as (
    select _shard, max(reached) as last
    from shard_ends
    group by _shard
),

watermarks as (
    select watermark.*, coalesce(shards.last, 0) as seen, whole_shards.last
    from {{ tailrace.control_relation('tailrace_watermarks') }} as watermark
    inner join registrations on registrations.delta_id = watermark.delta_id
    left join shards on shards._shard = watermark.shard
    left join whole_shards on whole_shards._shard = watermark.shard
    where watermark.relation = {{ relation }}
),

rejected_rows as (
    select *
    from {{ tailrace.control_relation('tailrace_rejected_rows') }}
    where relation = {{ relation }}
),

contradictions as (
    select 'the activation is registered ' || cast(count(*) as {{ text }}) || ' times' as contradiction, cast(null as {{ text }}) as place
    from registrations
    having count(*) <> 1

    union all

    select distinct 'the delta is not the registered one', _delta_id
    from delta_rows
    where _delta_id not in (select delta_id from registrations)

    union all

    select 'ordinals are not dense', 'shard ' || cast(_shard as {{ text }})
    from shards
    where first < 1 or ordinals <> planned or unsettled <> case when last > settled then last - settled else 0 end

    union all

    select 'only what is to be sent has an ordinal', _record_key
    from delta_rows
    where (_ordinal is not null) <> (_operation in ('insert', 'update', 'delete'))

    union all

    select 'a watermark is outside of its shard', 'shard ' || cast(shard as {{ text }})
    from watermarks
    where coalesce(acknowledged, 0) < 0 or coalesce(sending, 0) not between 0 and last
        or (acknowledged > seen and (select sum(last) from whole_shards) <> (select sum(planned) from registrations))

    union all

    select 'more is acknowledged than was sent', 'shard ' || cast(shard as {{ text }})
    from watermarks
    where acknowledged > sending

    union all

    select 'a shard has two watermarks', 'shard ' || cast(shard as {{ text }})
    from watermarks
    group by shard
    having count(*) > 1

    union all

    select 'two synced rows are one record', _known_by
    from synced_rows
    group by _known_by
    having count(*) > 1

    union all

    select 'a synced row lacks its key, its identifiers or its status', _record_key
    from synced_rows
    where _record_key is null or _identifiers is null
        or coalesce(_status, '') not in ('acknowledged', 'in_doubt', 'skipped')

    union all

    select 'a rejected row is in the synced state', rejected_rows.record_key
    from rejected_rows
    inner join synced_rows
        on synced_rows._delta_id = rejected_rows.delta_id
        and synced_rows._record_key = rejected_rows.record_key
        and synced_rows._identifiers = rejected_rows.identifiers
    -- one that was refused after a lost answer is there in doubt
    where rejected_rows.operation <> 'delete' and synced_rows._status <> 'in_doubt'

    union all

    select 'a rejected row is no row of its delta', rejected_rows.record_key
    from rejected_rows
    inner join registrations on registrations.delta_id = rejected_rows.delta_id
    left join delta_rows
        on delta_rows._shard = rejected_rows.shard
        and delta_rows._ordinal = rejected_rows.ordinal
        and delta_rows._record_key = rejected_rows.record_key
    where delta_rows._ordinal is null
)

select *
from contradictions
{% endtest %}
