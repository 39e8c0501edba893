-- Written by make golden, from what dbt issues in a second build.

-- control tables and a synced state

create table if not exists "shop"."marketing"."tailrace_activations" (activation text, relation text, database_name text, schema_name text, table_name text, project text, target_name text, delta_id text, registered_at timestamp, destination text, service text, sent_to text, sync_mode text, run_type text, settings text, model_rows bigint, synced_rows bigint, insert_rows bigint, update_rows bigint, delete_rows bigint, invalid_rows bigint, duplicate_rows bigint, resting_rows bigint, late_rows bigint, waiting_rows bigint, warnings text, hold_reason text, approved_at timestamp, approved_by text, lease_holder text, lease_heartbeat_at timestamp, removed_at timestamp)
;

create table if not exists "shop"."marketing"."tailrace_watermarks" (delta_id text, relation text, shard integer, sending bigint, acknowledged bigint, folded bigint, run_id text, updated_at timestamp)
;

create table if not exists "shop"."marketing"."tailrace_rejected_rows" (activation text, relation text, delta_id text, run_id text, shard integer, ordinal bigint, operation text, record_key text, identifiers text, row_hash text, page integer, code text, reason text, in_doubt boolean, rejected_at timestamp, resolved_at timestamp)
;

create table if not exists "shop"."marketing"."tailrace_runs" (run_id text, activation text, relation text, delta_id text, status text, started_at timestamp, finished_at timestamp, requests bigint, retries bigint, insert_rows bigint, update_rows bigint, delete_rows bigint, acknowledged_rows bigint, rejected_rows bigint, exit_code integer, cause text, message text, runner_version text)
;

create table if not exists "shop"."marketing"."tailrace_circuits" (relation text, activation text, failures integer, cause text, reason text, delta_id text, paused_at timestamp, paused_by text)
;

create table if not exists "shop"."marketing"."tailrace_jobs" (relation text, activation text, delta_id text, run_id text, shard integer, first_ordinal bigint, last_ordinal bigint, job text, submitted_at timestamp)
;

create table if not exists "shop"."marketing"."tailrace_part_leases" (relation text, activation text, delta_id text, part integer, parts integer, run_id text, lease_heartbeat_at timestamp)
;

create table if not exists "shop"."marketing"."tailrace_alerts" (relation text, activation text, channel text, state text, told_at timestamp)
;

create table if not exists "shop"."marketing"."mirrored__synced" (_record_key text, _identifiers text, _attributes text, _row_hash bigint, _status text, _acknowledged_at timestamp, _event_time timestamp, _delta_id text, _sent_to text)
;

create table if not exists "shop"."marketing"."tailrace_segment_memberships" (segment text, member_key text, is_member boolean, entered_at timestamp, left_at timestamp)
;

-- mirrored

select delta_id, lease_holder, sync_mode, sent_to, settings, case when approved_at is null then hold_reason end, insert_rows + update_rows + delete_rows from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."mirrored"'
;

update "shop"."marketing"."tailrace_activations"
    set
        lease_holder = 'build 00000000000000000000000000000000',
        lease_heartbeat_at = (current_timestamp at time zone 'UTC')
    where relation = '"shop"."marketing"."mirrored"'
        and (
            lease_holder is null
            or lease_holder like 'build %'
        )
;

select
        set_config('datestyle', 'ISO', true),
        set_config('extra_float_digits', '1', true),
        set_config('intervalstyle', 'postgres', true),
        set_config('bytea_output', 'hex', true),
        set_config('parallel_tuple_cost', '0.01', true),
        set_config('jit_optimize_above_cost', '-1', true)
;

select _delta_id from "shop"."marketing"."mirrored" limit 1
;

update "shop"."marketing"."tailrace_activations"
set hold_reason = 'its last delta was lost before what was sent of it could be noted, so this may be sent twice or not be taken back', approved_at = null, approved_by = null
where relation = '"shop"."marketing"."mirrored"'
        and exists (
            select 1
            from "shop"."marketing"."tailrace_watermarks" as watermark
            where watermark.relation = '"shop"."marketing"."mirrored"'
                and watermark.delta_id = '00000000000000000000000000000000'
                and watermark.sending > coalesce(watermark.folded, 0)
        )
;

select count(*)
    from "shop"."marketing"."tailrace_watermarks" as watermark
    where watermark.relation = '"shop"."marketing"."mirrored"'
        and watermark.acknowledged > 0
;

delete from "shop"."marketing"."mirrored__synced"
where _identifiers in (select settled._identifiers from (select planned.*
    from "shop"."marketing"."mirrored" as planned
    inner join "shop"."marketing"."tailrace_watermarks" as watermark
        on watermark.delta_id = planned._delta_id and watermark.shard = planned._shard
        -- a clone has its original's rows, and not its history
        and watermark.relation = '"shop"."marketing"."mirrored"'
    left join "shop"."marketing"."tailrace_rejected_rows" as rejected
        on rejected.delta_id = planned._delta_id and rejected.shard = planned._shard and rejected.ordinal = planned._ordinal
    left join "shop"."marketing"."tailrace_activations" as registered
        on registered.relation = watermark.relation
    where rejected.delta_id is null
        -- a delta whose build died before its registration was never current, a baseline that is held
        -- records nothing, and a build that another one overtook folds nothing any more
        and (registered.relation is null or (
            registered.delta_id = planned._delta_id
            and coalesce(registered.lease_holder, '') = 'build 00000000000000000000000000000000'
            and not (registered.run_type = 'baseline' and registered.hold_reason is not null and registered.approved_at is null)
        ))
        and planned._ordinal <= watermark.acknowledged) as settled)
        and _sent_to = coalesce((select sent_to from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."mirrored"'), 'braze/users')
;

insert into "shop"."marketing"."mirrored__synced" (_record_key, _identifiers, _attributes, _row_hash, _status, _acknowledged_at, _event_time, _delta_id, _sent_to)
    select
        settled._record_key,
        settled._identifiers,
        coalesce(settled._attributes, settled._payload),
        settled._row_hash,
        'acknowledged',
        (current_timestamp at time zone 'UTC'),
        settled._event_time,
        settled._delta_id,
        coalesce((select sent_to from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."mirrored"'), 'braze/users')
    from (select planned.*
    from "shop"."marketing"."mirrored" as planned
    inner join "shop"."marketing"."tailrace_watermarks" as watermark
        on watermark.delta_id = planned._delta_id and watermark.shard = planned._shard
        -- a clone has its original's rows, and not its history
        and watermark.relation = '"shop"."marketing"."mirrored"'
    left join "shop"."marketing"."tailrace_rejected_rows" as rejected
        on rejected.delta_id = planned._delta_id and rejected.shard = planned._shard and rejected.ordinal = planned._ordinal
    left join "shop"."marketing"."tailrace_activations" as registered
        on registered.relation = watermark.relation
    where rejected.delta_id is null
        -- a delta whose build died before its registration was never current, a baseline that is held
        -- records nothing, and a build that another one overtook folds nothing any more
        and (registered.relation is null or (
            registered.delta_id = planned._delta_id
            and coalesce(registered.lease_holder, '') = 'build 00000000000000000000000000000000'
            and not (registered.run_type = 'baseline' and registered.hold_reason is not null and registered.approved_at is null)
        ))
        and planned._ordinal <= watermark.acknowledged) as settled
    where settled._operation in ('insert', 'update')
;

select count(*)
    from "shop"."marketing"."tailrace_watermarks" as watermark
    left join "shop"."marketing"."tailrace_rejected_rows" as rejected
        on rejected.delta_id = watermark.delta_id and rejected.shard = watermark.shard and rejected.in_doubt
    where watermark.relation = '"shop"."marketing"."mirrored"'
        and (watermark.sending > coalesce(watermark.acknowledged, 0) or rejected.in_doubt)
;

insert into "shop"."marketing"."mirrored__synced" (_record_key, _identifiers, _attributes, _row_hash, _status, _acknowledged_at, _event_time, _delta_id, _sent_to)
    select
        doubtful._record_key,
        doubtful._identifiers,
        case
            when coalesce(earlier._attributes, '{}') = '{}' then coalesce(doubtful._attributes, doubtful._payload)
            when coalesce(doubtful._attributes, doubtful._payload) = '{}' then earlier._attributes
            else substring(earlier._attributes, 1, length(earlier._attributes) - 1) || ',' || substring(coalesce(doubtful._attributes, doubtful._payload), 2)
        end,
        hashint8extended(coalesce(hashtextextended(cast(doubtful._record_key as text), 0), 0), hashint8extended(coalesce(hashtextextended(cast(doubtful._identifiers as text), 0), 0), hashtextextended('in doubt', 0))),
        'in_doubt',
        (current_timestamp at time zone 'UTC'),
        doubtful._event_time,
        doubtful._delta_id,
        coalesce((select sent_to from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."mirrored"'), 'braze/users')
    from (select planned.*
    from "shop"."marketing"."mirrored" as planned
    inner join "shop"."marketing"."tailrace_watermarks" as watermark
        on watermark.delta_id = planned._delta_id and watermark.shard = planned._shard
        -- a clone has its original's rows, and not its history
        and watermark.relation = '"shop"."marketing"."mirrored"'
    left join "shop"."marketing"."tailrace_rejected_rows" as rejected
        on rejected.delta_id = planned._delta_id and rejected.shard = planned._shard and rejected.ordinal = planned._ordinal
    left join "shop"."marketing"."tailrace_activations" as registered
        on registered.relation = watermark.relation
    where (rejected.delta_id is null or rejected.in_doubt)
        -- a delta whose build died before its registration was never current, a baseline that is held
        -- records nothing, and a build that another one overtook folds nothing any more
        and (registered.relation is null or (
            registered.delta_id = planned._delta_id
            and coalesce(registered.lease_holder, '') = 'build 00000000000000000000000000000000'
            and not (registered.run_type = 'baseline' and registered.hold_reason is not null and registered.approved_at is null)
        ))
        and (planned._ordinal > coalesce(watermark.acknowledged, 0) or rejected.in_doubt) and planned._ordinal <= watermark.sending) as doubtful
    -- no subquery may stand in the condition of a join on every engine
    left join (select * from "shop"."marketing"."mirrored__synced" as there where _sent_to = coalesce((select sent_to from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."mirrored"'), 'braze/users')) as earlier
        on earlier._identifiers = doubtful._identifiers
        and earlier._delta_id <> doubtful._delta_id
    where not exists (
        select 1
        from "shop"."marketing"."mirrored__synced" as folded
        where folded._identifiers = doubtful._identifiers
            and folded._sent_to = coalesce((select sent_to from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."mirrored"'), 'braze/users')
            and folded._delta_id = doubtful._delta_id
    )
;

delete from "shop"."marketing"."mirrored__synced"
where coalesce(_delta_id, '') not in (select distinct _delta_id from "shop"."marketing"."mirrored")
        and _sent_to = coalesce((select sent_to from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."mirrored"'), 'braze/users')
        and _identifiers in (
            select doubtful._identifiers from (select planned.*
    from "shop"."marketing"."mirrored" as planned
    inner join "shop"."marketing"."tailrace_watermarks" as watermark
        on watermark.delta_id = planned._delta_id and watermark.shard = planned._shard
        -- a clone has its original's rows, and not its history
        and watermark.relation = '"shop"."marketing"."mirrored"'
    left join "shop"."marketing"."tailrace_rejected_rows" as rejected
        on rejected.delta_id = planned._delta_id and rejected.shard = planned._shard and rejected.ordinal = planned._ordinal
    left join "shop"."marketing"."tailrace_activations" as registered
        on registered.relation = watermark.relation
    where (rejected.delta_id is null or rejected.in_doubt)
        -- a delta whose build died before its registration was never current, a baseline that is held
        -- records nothing, and a build that another one overtook folds nothing any more
        and (registered.relation is null or (
            registered.delta_id = planned._delta_id
            and coalesce(registered.lease_holder, '') = 'build 00000000000000000000000000000000'
            and not (registered.run_type = 'baseline' and registered.hold_reason is not null and registered.approved_at is null)
        ))
        and (planned._ordinal > coalesce(watermark.acknowledged, 0) or rejected.in_doubt) and planned._ordinal <= watermark.sending) as doubtful
        )
;

update "shop"."marketing"."tailrace_rejected_rows"
set resolved_at = (current_timestamp at time zone 'UTC')
where relation = '"shop"."marketing"."mirrored"'
        and resolved_at is null
        and (
            coalesce((select sent_to from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."mirrored"'), 'braze/users') <> 'braze/users'
            or case when operation = 'delete' then '-' else '+' end || record_key in (
                select case when settled._operation = 'delete' then '-' else '+' end || settled._record_key
                from (select planned.*
    from "shop"."marketing"."mirrored" as planned
    inner join "shop"."marketing"."tailrace_watermarks" as watermark
        on watermark.delta_id = planned._delta_id and watermark.shard = planned._shard
        -- a clone has its original's rows, and not its history
        and watermark.relation = '"shop"."marketing"."mirrored"'
    left join "shop"."marketing"."tailrace_rejected_rows" as rejected
        on rejected.delta_id = planned._delta_id and rejected.shard = planned._shard and rejected.ordinal = planned._ordinal
    left join "shop"."marketing"."tailrace_activations" as registered
        on registered.relation = watermark.relation
    where rejected.delta_id is null
        -- a delta whose build died before its registration was never current, a baseline that is held
        -- records nothing, and a build that another one overtook folds nothing any more
        and (registered.relation is null or (
            registered.delta_id = planned._delta_id
            and coalesce(registered.lease_holder, '') = 'build 00000000000000000000000000000000'
            and not (registered.run_type = 'baseline' and registered.hold_reason is not null and registered.approved_at is null)
        ))
        and planned._ordinal <= watermark.acknowledged) as settled
            )
        )
;

update "shop"."marketing"."tailrace_watermarks"
set folded = sending
where relation = '"shop"."marketing"."mirrored"' and delta_id in (select _delta_id from "shop"."marketing"."mirrored")
        and not exists (
            select 1
            from "shop"."marketing"."tailrace_activations" as registered
            where registered.relation = '"shop"."marketing"."mirrored"'
                and coalesce(registered.lease_holder, '') <> 'build 00000000000000000000000000000000'
        )
;

create  table "shop"."marketing"."mirrored__dbt_tmp"

    as

  (
    with

duplicate_keys as (
    select
        model_row."id" as _key_1,
        model_row."day" as _key_2
    from "shop"."marketing"."people" as model_row
    where model_row."id" is not null and model_row."day" is not null
    group by model_row."id", model_row."day"
    having count(*) > 1
),

shared_identifiers as (
    select
        model_row."id" as _identifier_1
    from "shop"."marketing"."people" as model_row
    where model_row."id" is not null and model_row."day" is not null
    group by model_row."id"
    having min(cast(length(cast(model_row."id" as text)) as text) || ':' || cast(model_row."id" as text) || '|' || cast(length(cast(model_row."day" as text)) as text) || ':' || cast(model_row."day" as text)) <> max(cast(length(cast(model_row."id" as text)) as text) || ':' || cast(model_row."id" as text) || '|' || cast(length(cast(model_row."day" as text)) as text) || ':' || cast(model_row."day" as text))
),

checked_rows as (
    select
        model_row."id",
        model_row."day",
        model_row."person",
        model_row."text",
        model_row."number",
        model_row."money",
        model_row."share",
        model_row."flag",
        model_row."zoneless",
        model_row."happened_at",
        model_row."document",
        model_row."nested",
        model_row."bytes",
        cast(length(cast(model_row."id" as text)) as text) || ':' || cast(model_row."id" as text) || '|' || cast(length(cast(model_row."day" as text)) as text) || ':' || cast(model_row."day" as text) as _record_key,
        cast(null as timestamp) as _event_time,
        hashint8extended(coalesce(timestamp_hash_extended(cast(model_row."zoneless" as timestamp), 0), 0), hashint8extended(coalesce(hashtextextended(cast(model_row."text" as text), 0), 0), hashint8extended(coalesce(hashtextextended(cast(model_row."share" as text), 0), 0), hashint8extended(coalesce(hashtextextended(cast(model_row."person" as text), 0), 0), hashint8extended(coalesce(hashint8extended(model_row."number", 0), 0), hashint8extended(coalesce(hashtextextended(cast(model_row."nested" as text), 0), 0), hashint8extended(coalesce(hashtextextended(cast(model_row."money" as text), 0), 0), hashint8extended(coalesce(timestamp_hash_extended((model_row."happened_at" at time zone 'UTC'), 0), 0), hashint8extended(coalesce(hashtextextended(cast(model_row."flag" as text), 0), 0), hashint8extended(coalesce(hashtextextended(cast(model_row."document" as text), 0), 0), hashint8extended(coalesce(hashtextextended(cast(model_row."bytes" as text), 0), 0), hashint8extended(coalesce(hashint8extended(model_row."id", 0), 0), hashtextextended('[["external_id", "bytes", "document", "flag", "happened_at", "money", "nested", "number", "person", "share", "text", "zoneless"], "send", ["binary", "json", "boolean", "timestamptz", "decimal", "nested", "integer", "text", "float", "text", "timestamp"]]', 0))))))))))))) as _hash,
        case
            when cast(length(cast(model_row."id" as text)) as text) || ':' || cast(model_row."id" as text) || '|' || cast(length(cast(model_row."day" as text)) as text) || ':' || cast(model_row."day" as text) is null then 'null key'
            when duplicate_keys._key_1 is not null then 'duplicate key'
            when coalesce(cast(model_row."id" as text), '') = '' then 'missing identifier'
            when shared_identifiers._identifier_1 is not null then 'identifier shared by two keys'
            when not isfinite(model_row."happened_at") then 'happened_at is not a finite value'
            when cast(model_row."money" as text) in ('NaN', 'Infinity', '-Infinity') then 'money is not a finite value'
            when cast(model_row."share" as text) in ('NaN', 'Infinity', '-Infinity') then 'share is not a finite value'
            when not isfinite(model_row."zoneless") then 'zoneless is not a finite value'
        end as _invalid_reason
    from "shop"."marketing"."people" as model_row
    left join duplicate_keys
        on duplicate_keys._key_1 = model_row."id" and duplicate_keys._key_2 = model_row."day"
    left join shared_identifiers
        on shared_identifiers._identifier_1 = model_row."id"
),

unmatched_rows as materialized (
    select
        model_row.*,
        synced_row._record_key as _synced_key,
        synced_row._row_hash as _synced_hash
    from (
        select checked_rows.*, 1 as _present, case when _invalid_reason is null then _hash end as _match_hash
        from (with worked_out as (select * from checked_rows) select * from worked_out) as checked_rows
    ) as model_row
    full outer join (select * from "shop"."marketing"."mirrored__synced" as everywhere where _sent_to = 'braze/users') as synced_row
        on model_row._record_key is not distinct from synced_row._record_key and model_row._match_hash = synced_row._row_hash
    where model_row._present is null or synced_row._record_key is null
),

synced_rows as (
    select
        synced_row._record_key,
        synced_row._identifiers,
        synced_row._attributes,
        synced_row._row_hash,
        synced_row._status,
        unmatched_rows._present as _matched
    from (select * from (select * from "shop"."marketing"."mirrored__synced" as everywhere where _sent_to = 'braze/users') as sought_row where _row_hash in (select _synced_hash from unmatched_rows)) as synced_row
    inner join unmatched_rows
        on unmatched_rows._synced_key = synced_row._record_key and unmatched_rows._synced_hash = synced_row._row_hash
),

compared_rows as (
    select
        model_row."id",
        model_row."day",
        model_row."person",
        model_row."text",
        model_row."number",
        model_row."money",
        model_row."share",
        model_row."flag",
        model_row."zoneless",
        model_row."happened_at",
        model_row."document",
        model_row."nested",
        model_row."bytes",
        model_row._record_key,
        model_row._identifiers,
        model_row._hash as _row_hash,
        model_row._invalid_reason,
        model_row._event_time,
        synced_rows._attributes as _synced_attributes,
        coalesce(synced_rows._status = 'acknowledged', false) as _certain,
        coalesce(
            synced_rows._record_key = model_row._record_key and synced_rows._status = 'acknowledged', false
        ) as _known,
        synced_rows._matched is not null as _again
    from (
        select model_row.*, '{' || '"external_id":' || cast(to_json(cast(cast(model_row."id" as text) as text)) as text) || '}' as _identifiers
        from unmatched_rows as model_row
        where model_row._present is not null
    ) as model_row
    left join synced_rows
        on synced_rows._identifiers = model_row._identifiers and model_row._invalid_reason is null
),

changed_rows as (
    select
        "id",
        "day",
        "person",
        "text",
        "number",
        "money",
        "share",
        "flag",
        "zoneless",
        "happened_at",
        "document",
        "nested",
        "bytes",
        case
            when _synced_attributes is not null then case when _compared_1 is null then coalesce(strpos(_synced_attributes, chr(10) || '"bytes":') > 0, false) else not coalesce(strpos(_synced_attributes, chr(10) || '"bytes":' || _compared_1 || chr(10)) > 0, false) end
        end as _changed_1,
        case
            when _synced_attributes is not null then case when _compared_2 is null then coalesce(strpos(_synced_attributes, chr(10) || '"document":') > 0, false) else not coalesce(strpos(_synced_attributes, chr(10) || '"document":' || _compared_2 || chr(10)) > 0, false) end
        end as _changed_2,
        case
            when _synced_attributes is not null then case when _compared_3 is null then coalesce(strpos(_synced_attributes, chr(10) || '"flag":') > 0, false) else not coalesce(strpos(_synced_attributes, chr(10) || '"flag":' || _compared_3 || chr(10)) > 0, false) end
        end as _changed_3,
        case
            when _synced_attributes is not null then case when _compared_4 is null then coalesce(strpos(_synced_attributes, chr(10) || '"happened_at":') > 0, false) else not coalesce(strpos(_synced_attributes, chr(10) || '"happened_at":' || _compared_4 || chr(10)) > 0, false) end
        end as _changed_4,
        case
            when _synced_attributes is not null then case when _compared_5 is null then coalesce(strpos(_synced_attributes, chr(10) || '"money":') > 0, false) else not coalesce(strpos(_synced_attributes, chr(10) || '"money":' || _compared_5 || chr(10)) > 0, false) end
        end as _changed_5,
        case
            when _synced_attributes is not null then case when _compared_6 is null then coalesce(strpos(_synced_attributes, chr(10) || '"nested":') > 0, false) else not coalesce(strpos(_synced_attributes, chr(10) || '"nested":' || _compared_6 || chr(10)) > 0, false) end
        end as _changed_6,
        case
            when _synced_attributes is not null then case when _compared_7 is null then coalesce(strpos(_synced_attributes, chr(10) || '"number":') > 0, false) else not coalesce(strpos(_synced_attributes, chr(10) || '"number":' || _compared_7 || chr(10)) > 0, false) end
        end as _changed_7,
        case
            when _synced_attributes is not null then case when _compared_8 is null then coalesce(strpos(_synced_attributes, chr(10) || '"person":') > 0, false) else not coalesce(strpos(_synced_attributes, chr(10) || '"person":' || _compared_8 || chr(10)) > 0, false) end
        end as _changed_8,
        case
            when _synced_attributes is not null then case when _compared_9 is null then coalesce(strpos(_synced_attributes, chr(10) || '"share":') > 0, false) else not coalesce(strpos(_synced_attributes, chr(10) || '"share":' || _compared_9 || chr(10)) > 0, false) end
        end as _changed_9,
        case
            when _synced_attributes is not null then case when _compared_10 is null then coalesce(strpos(_synced_attributes, chr(10) || '"text":') > 0, false) else not coalesce(strpos(_synced_attributes, chr(10) || '"text":' || _compared_10 || chr(10)) > 0, false) end
        end as _changed_10,
        case
            when _synced_attributes is not null then case when _compared_11 is null then coalesce(strpos(_synced_attributes, chr(10) || '"zoneless":') > 0, false) else not coalesce(strpos(_synced_attributes, chr(10) || '"zoneless":' || _compared_11 || chr(10)) > 0, false) end
        end as _changed_11,
        _record_key,
        _identifiers,
        _row_hash,
        _invalid_reason,
        _event_time,
        _synced_attributes,
        _certain,
        _known,
        _again
    from (
        select
            model_row.*,
            case when _synced_attributes is not null then '"' || replace(encode(model_row."bytes", 'base64'), chr(10), '') || '"' end as _compared_1,
            case when _synced_attributes is not null then cast(cast(model_row."document" as jsonb) as text) end as _compared_2,
            case when _synced_attributes is not null then cast(model_row."flag" as text) end as _compared_3,
            case when _synced_attributes is not null then '"' || replace(to_char((model_row."happened_at" at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z') || '"' end as _compared_4,
            case when _synced_attributes is not null then cast(model_row."money" as text) end as _compared_5,
            case when _synced_attributes is not null then cast(to_json(model_row."nested") as text) end as _compared_6,
            case when _synced_attributes is not null then cast(model_row."number" as text) end as _compared_7,
            case when _synced_attributes is not null then cast(to_json(cast(model_row."person" as text)) as text) end as _compared_8,
            case when _synced_attributes is not null then cast(model_row."share" as text) || case when cast(model_row."share" as text) ~ '^-?[0-9]+$' then '.0' else '' end end as _compared_9,
            case when _synced_attributes is not null then cast(to_json(cast(model_row."text" as text)) as text) end as _compared_10,
            case when _synced_attributes is not null then '"' || replace(to_char(cast(model_row."zoneless" as timestamp), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z') || '"' end as _compared_11
        from compared_rows as model_row
    ) as model_row
),

classified_rows as (
    select
        model_row.*,
        case
            when _invalid_reason is not null then 'invalid'
            when not _known then 'insert'
            when _again then 'update'
            when _changed_1 then 'update'
            when _changed_2 then 'update'
            when _changed_3 then 'update'
            when _changed_4 then 'update'
            when _changed_5 then 'update'
            when _changed_6 then 'update'
            when _changed_7 then 'update'
            when _changed_8 then 'update'
            when _changed_9 then 'update'
            when _changed_10 then 'update'
            when _changed_11 then 'update'
        end as _operation
    from changed_rows as model_row
),

left_rows as (
    select _record_key, _identifiers, _attributes, _row_hash, _status
    from (
        select
            named_rows.*,
            max(_named) over (partition by _identifiers) as _still_named,
            max(_invalid) over (partition by _record_key) as _key_invalid
        from (
            select _record_key, _identifiers, _attributes, _row_hash, _status, 0 as _named, 0 as _invalid
            from synced_rows
            where _matched is null
            union all
            select
                _record_key, '{' || '"external_id":' || cast(to_json(cast(cast(model_row."id" as text) as text)) as text) || '}', null, null, null, 1,
                case when _invalid_reason is null then 0 else 1 end
            from unmatched_rows as model_row
            where _present is not null and exists (select 1 from synced_rows where _matched is null)
        ) as named_rows
    ) as judged_rows
    where _named = 0 and _still_named = 0 and _key_invalid = 0
),

operations as (
    select *
    from classified_rows

    union all

    select
        null as "id",
        null as "day",
        null as "person",
        null as "text",
        null as "number",
        null as "money",
        null as "share",
        null as "flag",
        null as "zoneless",
        null as "happened_at",
        null as "document",
        null as "nested",
        null as "bytes",
        false as _changed_1,
        false as _changed_2,
        false as _changed_3,
        false as _changed_4,
        false as _changed_5,
        false as _changed_6,
        false as _changed_7,
        false as _changed_8,
        false as _changed_9,
        false as _changed_10,
        false as _changed_11,
        _record_key,
        _identifiers,
        _row_hash,
        cast(null as text) as _invalid_reason,
        cast(null as timestamp) as _event_time,
        cast(null as text) as _synced_attributes,
        false as _certain,
        false as _known,
        false as _again,
        'delete' as _operation
    from left_rows
),

exhausted_rows as (
    select record_key, row_hash, operation = 'delete' as is_delete
    from "shop"."marketing"."tailrace_rejected_rows" as rejected
    where relation = '"shop"."marketing"."mirrored"' and resolved_at is null
        -- a row that was held back by the runner was not refused by the destination
        and code <> 'not_sent'
    group by record_key, row_hash, operation = 'delete'
    having count(*) >= 5
),

planned_rows as (
    select
        operations.*,
        0 as _shard,
        case
            when exhausted_rows.record_key is not null and operations._operation <> 'invalid' then 'resting'
            else operations._operation
        end as _planned
    from operations
    left join exhausted_rows
        on exhausted_rows.record_key = operations._record_key
        and exhausted_rows.row_hash = cast(operations._row_hash as text)
        and exhausted_rows.is_delete = (operations._operation = 'delete')
),

numbered_rows as (
    select
        planned_rows.*,
        case
            when _planned in ('insert', 'update', 'delete') then row_number() over (
                order by case _planned when 'insert' then 1 when 'update' then 2 when 'delete' then 3 else 4 end, _record_key, _identifiers
            )
        end as _ordinal
    from planned_rows
),

rendered_rows as (
    select
        model_row.*,
        '"' || replace(encode(model_row."bytes", 'base64'), chr(10), '') || '"' as _value_1,
        cast(cast(model_row."document" as jsonb) as text) as _value_2,
        cast(model_row."flag" as text) as _value_3,
        '"' || replace(to_char((model_row."happened_at" at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z') || '"' as _value_4,
        cast(model_row."money" as text) as _value_5,
        cast(to_json(model_row."nested") as text) as _value_6,
        cast(model_row."number" as text) as _value_7,
        cast(to_json(cast(model_row."person" as text)) as text) as _value_8,
        cast(model_row."share" as text) || case when cast(model_row."share" as text) ~ '^-?[0-9]+$' then '.0' else '' end as _value_9,
        cast(to_json(cast(model_row."text" as text)) as text) as _value_10,
        '"' || replace(to_char(cast(model_row."zoneless" as timestamp), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z') || '"' as _value_11
    from numbered_rows as model_row
    where _planned is not null
)

select
    '00000000000000000000000000000000' as _delta_id,
    _shard,
    _ordinal,
    _planned as _operation,
    _record_key,
    _identifiers,
    case
        when _ordinal is null then null
        when _operation = 'delete' then '{}'
        when _synced_attributes is not null then '{' || substring(
            case when _changed_1 or ((_again or not _known) and _value_1 is not null) then ',' || chr(10) || '"bytes":' || coalesce(_value_1, 'null') || chr(10) else '' end
            || case when _changed_2 or ((_again or not _known) and _value_2 is not null) then ',' || chr(10) || '"document":' || coalesce(_value_2, 'null') || chr(10) else '' end
            || case when _changed_3 or ((_again or not _known) and _value_3 is not null) then ',' || chr(10) || '"flag":' || coalesce(_value_3, 'null') || chr(10) else '' end
            || case when _changed_4 or ((_again or not _known) and _value_4 is not null) then ',' || chr(10) || '"happened_at":' || coalesce(_value_4, 'null') || chr(10) else '' end
            || case when _changed_5 or ((_again or not _known) and _value_5 is not null) then ',' || chr(10) || '"money":' || coalesce(_value_5, 'null') || chr(10) else '' end
            || case when _changed_6 or ((_again or not _known) and _value_6 is not null) then ',' || chr(10) || '"nested":' || coalesce(_value_6, 'null') || chr(10) else '' end
            || case when _changed_7 or ((_again or not _known) and _value_7 is not null) then ',' || chr(10) || '"number":' || coalesce(_value_7, 'null') || chr(10) else '' end
            || case when _changed_8 or ((_again or not _known) and _value_8 is not null) then ',' || chr(10) || '"person":' || coalesce(_value_8, 'null') || chr(10) else '' end
            || case when _changed_9 or ((_again or not _known) and _value_9 is not null) then ',' || chr(10) || '"share":' || coalesce(_value_9, 'null') || chr(10) else '' end
            || case when _changed_10 or ((_again or not _known) and _value_10 is not null) then ',' || chr(10) || '"text":' || coalesce(_value_10, 'null') || chr(10) else '' end
            || case when _changed_11 or ((_again or not _known) and _value_11 is not null) then ',' || chr(10) || '"zoneless":' || coalesce(_value_11, 'null') || chr(10) else '' end
        , 2) || '}'
        else '{' || substring(
            coalesce(',' || chr(10) || '"bytes":' || _value_1 || chr(10), '')
            || coalesce(',' || chr(10) || '"document":' || _value_2 || chr(10), '')
            || coalesce(',' || chr(10) || '"flag":' || _value_3 || chr(10), '')
            || coalesce(',' || chr(10) || '"happened_at":' || _value_4 || chr(10), '')
            || coalesce(',' || chr(10) || '"money":' || _value_5 || chr(10), '')
            || coalesce(',' || chr(10) || '"nested":' || _value_6 || chr(10), '')
            || coalesce(',' || chr(10) || '"number":' || _value_7 || chr(10), '')
            || coalesce(',' || chr(10) || '"person":' || _value_8 || chr(10), '')
            || coalesce(',' || chr(10) || '"share":' || _value_9 || chr(10), '')
            || coalesce(',' || chr(10) || '"text":' || _value_10 || chr(10), '')
            || coalesce(',' || chr(10) || '"zoneless":' || _value_11 || chr(10), '')
        , 2) || '}'
    end as _payload,
    case when _known then '[' || substring(cast(case when _changed_1 then ',"bytes"' else '' end
            || case when _changed_2 then ',"document"' else '' end
            || case when _changed_3 then ',"flag"' else '' end
            || case when _changed_4 then ',"happened_at"' else '' end
            || case when _changed_5 then ',"money"' else '' end
            || case when _changed_6 then ',"nested"' else '' end
            || case when _changed_7 then ',"number"' else '' end
            || case when _changed_8 then ',"person"' else '' end
            || case when _changed_9 then ',"share"' else '' end
            || case when _changed_10 then ',"text"' else '' end
            || case when _changed_11 then ',"zoneless"' else '' end as text), 2) || ']' end as _changed,
    _invalid_reason,
    _row_hash,
    case
        when _synced_attributes is not null and _operation <> 'delete' then '{' || substring(
            coalesce(',' || chr(10) || '"bytes":' || _value_1 || chr(10), '')
            || coalesce(',' || chr(10) || '"document":' || _value_2 || chr(10), '')
            || coalesce(',' || chr(10) || '"flag":' || _value_3 || chr(10), '')
            || coalesce(',' || chr(10) || '"happened_at":' || _value_4 || chr(10), '')
            || coalesce(',' || chr(10) || '"money":' || _value_5 || chr(10), '')
            || coalesce(',' || chr(10) || '"nested":' || _value_6 || chr(10), '')
            || coalesce(',' || chr(10) || '"number":' || _value_7 || chr(10), '')
            || coalesce(',' || chr(10) || '"person":' || _value_8 || chr(10), '')
            || coalesce(',' || chr(10) || '"share":' || _value_9 || chr(10), '')
            || coalesce(',' || chr(10) || '"text":' || _value_10 || chr(10), '')
            || coalesce(',' || chr(10) || '"zoneless":' || _value_11 || chr(10), '')
        , 2) || '}'
    end as _attributes,
    _event_time,
    "id",
    "day",
    "person",
    "text",
    "number",
    "money",
    "share",
    "flag",
    "zoneless",
    "happened_at",
    "document",
    "nested",
    "bytes"
from rendered_rows
  )
;

create index on "shop"."marketing"."mirrored" (_shard, _ordinal)
;

select count(*) from "shop"."marketing"."people" as model_row
;

select count(*) from (select * from "shop"."marketing"."mirrored__synced" as everywhere where _sent_to = 'braze/users') as synced_row where _status <> 'forgotten'
;

merge into "shop"."marketing"."tailrace_activations" as registered
    using (
        with

    counts as (
        select
            1 as model_rows,
            0 as late_rows,
            0 as waiting_rows,
            1 as synced_rows,
            coalesce(sum(case when _operation = 'insert' then 1 else 0 end), 0) as insert_rows,
            coalesce(sum(case when _operation = 'update' then 1 else 0 end), 0) as update_rows,
            coalesce(sum(case when _operation = 'delete' then 1 else 0 end), 0) as delete_rows,
            coalesce(sum(case when _operation = 'invalid' then 1 else 0 end), 0) as invalid_rows,
            coalesce(sum(case when _operation = 'resting' then 1 else 0 end), 0) as resting_rows,
            coalesce(sum(case when _invalid_reason = 'duplicate key' then 1 else 0 end), 0) as duplicate_rows,
            coalesce(sum(case when _invalid_reason = 'null key' then 1 else 0 end), 0) as null_key_rows,
            count(distinct case when _invalid_reason = 'duplicate key' then _record_key end) as duplicate_keys
        from "shop"."marketing"."mirrored"
    ),

    shares as (
        select
            counts.*,
            100.0 * (duplicate_rows - duplicate_keys) / nullif(model_rows - late_rows - waiting_rows - null_key_rows, 0) as duplicate_share,
            100.0 * (invalid_rows - duplicate_rows) / nullif(model_rows - late_rows - waiting_rows, 0) as invalid_share,
            100.0 * delete_rows / nullif(synced_rows, 0) as delete_share
        from counts
    )
        select
            (current_timestamp at time zone 'UTC') as registered_at,
            nullif(substring(
        case
            when duplicate_rows > 0
                then '; ' || cast(duplicate_rows as text) || ' rows share a primary key with another row and are not sent'
            else ''
        end
        || '; its primary key changed from other to id, day, so every record is written again',
        3
    ), '') as warnings,
            nullif(substring(
        case
            when delete_share > 10 and delete_rows > 100
                then '; it would delete ' || cast(delete_rows as text) || ' of ' || cast(synced_rows as text)
                    || ' synced rows, more than max_delete_share (10 %) and max_delete_rows (100) allow'
            else ''
        end
        || case
            when model_rows = 0 and synced_rows > 0
                then '; the model is empty while ' || cast(synced_rows as text)
                    || case when synced_rows = 1 then ' row is' else ' rows are' end || ' synced'
            else ''
        end
        || case
            when duplicate_share > 0 and duplicate_share >= 5
                then '; ' || cast(duplicate_rows as text) || ' rows have duplicate keys, at or above max_duplicate_share (5 %)'
            else ''
        end
        || case
            when invalid_share > 5
                then '; ' || cast(invalid_rows - duplicate_rows as text)
                    || case when invalid_rows - duplicate_rows = 1 then ' row is' else ' rows are' end || ' invalid, more than max_invalid_share (5 %)'
            else ''
        end
        || '',
        3
    ), '') as hold_reason,
            cast(null as timestamp) as approved_at,
            cast(null as text) as approved_by,
            cast(null as timestamp) as removed_at,
            cast('mirrored' as text) as activation,
            cast('"shop"."marketing"."mirrored"' as text) as relation,
            cast('shop' as text) as database_name,
            cast('marketing' as text) as schema_name,
            cast('mirrored' as text) as table_name,
            cast('shop' as text) as project,
            cast('test' as text) as target_name,
            cast('00000000000000000000000000000000' as text) as delta_id,
            cast('braze' as text) as destination,
            cast('users' as text) as service,
            cast('braze/users' as text) as sent_to,
            cast('mirror' as text) as sync_mode,
            cast('delta' as text) as run_type,
            cast('{"destination": "braze", "service": "users", "sync_mode": "mirror", "primary_key": ["id", "day"], "identifiers": {"external_id": "id"}, "attributes": {"person": "person", "text": "text", "number": "number", "money": "money", "share": "share", "flag": "flag", "zoneless": "zoneless", "happened_at": "happened_at", "document": "document", "nested": "nested", "bytes": "bytes"}, "settings": {}, "run_type": "delta", "nulls": "send", "on_leave": "delete", "in_doubt": "hold", "max_attempts": 5, "guards": {"max_delete_share": 10, "max_delete_rows": 100, "max_duplicate_share": 5, "max_invalid_share": 5, "max_rejected_share": 1, "empty_model": "hold"}, "lookback": 90, "max_age": null, "min_age": null, "refresh_after": null, "shards": 1, "enabled": true, "lease_seconds": 120, "base": {"sent_to": "braze/users", "keys": {"braze/users": ["other"]}}, "is_empty": false}' as text) as settings,
            model_rows, synced_rows, insert_rows, update_rows, delete_rows, invalid_rows, duplicate_rows, resting_rows, late_rows, waiting_rows
        from shares
    ) as built
    on registered.relation = built.relation
    when matched and registered.lease_holder = 'build 00000000000000000000000000000000' then update set
        registered_at = built.registered_at,
        warnings = built.warnings,
        hold_reason = built.hold_reason,
        approved_at = built.approved_at,
        approved_by = built.approved_by,
        removed_at = built.removed_at,
        activation = built.activation,
        database_name = built.database_name,
        schema_name = built.schema_name,
        table_name = built.table_name,
        project = built.project,
        target_name = built.target_name,
        delta_id = built.delta_id,
        destination = built.destination,
        service = built.service,
        sent_to = built.sent_to,
        sync_mode = built.sync_mode,
        run_type = built.run_type,
        settings = built.settings,
        model_rows = built.model_rows,
        synced_rows = built.synced_rows,
        insert_rows = built.insert_rows,
        update_rows = built.update_rows,
        delete_rows = built.delete_rows,
        invalid_rows = built.invalid_rows,
        duplicate_rows = built.duplicate_rows,
        resting_rows = built.resting_rows,
        late_rows = built.late_rows,
        waiting_rows = built.waiting_rows
    when not matched then insert
        (registered_at, warnings, hold_reason, approved_at, approved_by, removed_at, activation, relation, database_name, schema_name, table_name, project, target_name, delta_id, destination, service, sent_to, sync_mode, run_type, settings, model_rows, synced_rows, insert_rows, update_rows, delete_rows, invalid_rows, duplicate_rows, resting_rows, late_rows, waiting_rows, lease_holder, lease_heartbeat_at)
        values (built.registered_at, built.warnings, built.hold_reason, built.approved_at, built.approved_by, built.removed_at, built.activation, built.relation, built.database_name, built.schema_name, built.table_name, built.project, built.target_name, built.delta_id, built.destination, built.service, built.sent_to, built.sync_mode, built.run_type, built.settings, built.model_rows, built.synced_rows, built.insert_rows, built.update_rows, built.delete_rows, built.invalid_rows, built.duplicate_rows, built.resting_rows, built.late_rows, built.waiting_rows, 'build 00000000000000000000000000000000', built.registered_at
        )
;

delete from "shop"."marketing"."tailrace_watermarks"
where relation = '"shop"."marketing"."mirrored"'
        and delta_id <> '00000000000000000000000000000000'
        and exists (
            select 1
            from "shop"."marketing"."tailrace_activations" as registered
            where registered.relation = '"shop"."marketing"."mirrored"'
                and registered.delta_id = '00000000000000000000000000000000'
        )
;

-- events_held

select delta_id, lease_holder, sync_mode, sent_to, settings, case when approved_at is null then hold_reason end, insert_rows + update_rows + delete_rows from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."events_held"'
;

update "shop"."marketing"."tailrace_activations"
    set
        lease_holder = 'build 00000000000000000000000000000000',
        lease_heartbeat_at = (current_timestamp at time zone 'UTC')
    where relation = '"shop"."marketing"."events_held"'
        and (
            lease_holder is null
            or lease_holder like 'build %'
        )
;

select
        set_config('datestyle', 'ISO', true),
        set_config('extra_float_digits', '1', true),
        set_config('intervalstyle', 'postgres', true),
        set_config('bytea_output', 'hex', true),
        set_config('parallel_tuple_cost', '0.01', true),
        set_config('jit_optimize_above_cost', '-1', true)
;

select _delta_id from "shop"."marketing"."events_held" limit 1
;

update "shop"."marketing"."tailrace_activations"
set hold_reason = 'its last delta was lost before what was sent of it could be noted, so this may be sent twice or not be taken back', approved_at = null, approved_by = null
where relation = '"shop"."marketing"."events_held"'
        and exists (
            select 1
            from "shop"."marketing"."tailrace_watermarks" as watermark
            where watermark.relation = '"shop"."marketing"."events_held"'
                and watermark.delta_id = '00000000000000000000000000000000'
                and watermark.sending > coalesce(watermark.folded, 0)
        )
;

select count(*)
    from "shop"."marketing"."tailrace_watermarks" as watermark
    where watermark.relation = '"shop"."marketing"."events_held"'
        and watermark.acknowledged > 0
;

delete from "shop"."marketing"."events_held__synced"
where _record_key in (select settled._record_key from (select planned.*
    from "shop"."marketing"."events_held" as planned
    inner join "shop"."marketing"."tailrace_watermarks" as watermark
        on watermark.delta_id = planned._delta_id and watermark.shard = planned._shard
        -- a clone has its original's rows, and not its history
        and watermark.relation = '"shop"."marketing"."events_held"'
    left join "shop"."marketing"."tailrace_rejected_rows" as rejected
        on rejected.delta_id = planned._delta_id and rejected.shard = planned._shard and rejected.ordinal = planned._ordinal
    left join "shop"."marketing"."tailrace_activations" as registered
        on registered.relation = watermark.relation
    where rejected.delta_id is null
        -- a delta whose build died before its registration was never current, a baseline that is held
        -- records nothing, and a build that another one overtook folds nothing any more
        and (registered.relation is null or (
            registered.delta_id = planned._delta_id
            and coalesce(registered.lease_holder, '') = 'build 00000000000000000000000000000000'
            and not (registered.run_type = 'baseline' and registered.hold_reason is not null and registered.approved_at is null)
        ))
        and planned._ordinal <= watermark.acknowledged) as settled)
        and _sent_to = coalesce((select sent_to from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."events_held"'), 'braze/events')
;

insert into "shop"."marketing"."events_held__synced" (_record_key, _identifiers, _attributes, _row_hash, _status, _acknowledged_at, _event_time, _delta_id, _sent_to)
    select
        settled._record_key,
        settled._identifiers,
        coalesce(settled._attributes, settled._payload),
        settled._row_hash,
        'acknowledged',
        (current_timestamp at time zone 'UTC'),
        settled._event_time,
        settled._delta_id,
        coalesce((select sent_to from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."events_held"'), 'braze/events')
    from (select planned.*
    from "shop"."marketing"."events_held" as planned
    inner join "shop"."marketing"."tailrace_watermarks" as watermark
        on watermark.delta_id = planned._delta_id and watermark.shard = planned._shard
        -- a clone has its original's rows, and not its history
        and watermark.relation = '"shop"."marketing"."events_held"'
    left join "shop"."marketing"."tailrace_rejected_rows" as rejected
        on rejected.delta_id = planned._delta_id and rejected.shard = planned._shard and rejected.ordinal = planned._ordinal
    left join "shop"."marketing"."tailrace_activations" as registered
        on registered.relation = watermark.relation
    where rejected.delta_id is null
        -- a delta whose build died before its registration was never current, a baseline that is held
        -- records nothing, and a build that another one overtook folds nothing any more
        and (registered.relation is null or (
            registered.delta_id = planned._delta_id
            and coalesce(registered.lease_holder, '') = 'build 00000000000000000000000000000000'
            and not (registered.run_type = 'baseline' and registered.hold_reason is not null and registered.approved_at is null)
        ))
        and planned._ordinal <= watermark.acknowledged) as settled
    where settled._operation in ('insert', 'update')
;

select count(*)
    from "shop"."marketing"."tailrace_watermarks" as watermark
    left join "shop"."marketing"."tailrace_rejected_rows" as rejected
        on rejected.delta_id = watermark.delta_id and rejected.shard = watermark.shard and rejected.in_doubt
    where watermark.relation = '"shop"."marketing"."events_held"'
        and (watermark.sending > coalesce(watermark.acknowledged, 0) or rejected.in_doubt)
;

insert into "shop"."marketing"."events_held__synced" (_record_key, _identifiers, _attributes, _row_hash, _status, _acknowledged_at, _event_time, _delta_id, _sent_to)
    select
        doubtful._record_key,
        doubtful._identifiers,
        case
            when coalesce(earlier._attributes, '{}') = '{}' then coalesce(doubtful._attributes, doubtful._payload)
            when coalesce(doubtful._attributes, doubtful._payload) = '{}' then earlier._attributes
            else substring(earlier._attributes, 1, length(earlier._attributes) - 1) || ',' || substring(coalesce(doubtful._attributes, doubtful._payload), 2)
        end,
        hashint8extended(coalesce(hashtextextended(cast(doubtful._record_key as text), 0), 0), hashint8extended(coalesce(hashtextextended(cast(doubtful._identifiers as text), 0), 0), hashtextextended('in doubt', 0))),
        'in_doubt',
        (current_timestamp at time zone 'UTC'),
        doubtful._event_time,
        doubtful._delta_id,
        coalesce((select sent_to from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."events_held"'), 'braze/events')
    from (select planned.*
    from "shop"."marketing"."events_held" as planned
    inner join "shop"."marketing"."tailrace_watermarks" as watermark
        on watermark.delta_id = planned._delta_id and watermark.shard = planned._shard
        -- a clone has its original's rows, and not its history
        and watermark.relation = '"shop"."marketing"."events_held"'
    left join "shop"."marketing"."tailrace_rejected_rows" as rejected
        on rejected.delta_id = planned._delta_id and rejected.shard = planned._shard and rejected.ordinal = planned._ordinal
    left join "shop"."marketing"."tailrace_activations" as registered
        on registered.relation = watermark.relation
    where (rejected.delta_id is null or rejected.in_doubt)
        -- a delta whose build died before its registration was never current, a baseline that is held
        -- records nothing, and a build that another one overtook folds nothing any more
        and (registered.relation is null or (
            registered.delta_id = planned._delta_id
            and coalesce(registered.lease_holder, '') = 'build 00000000000000000000000000000000'
            and not (registered.run_type = 'baseline' and registered.hold_reason is not null and registered.approved_at is null)
        ))
        and (planned._ordinal > coalesce(watermark.acknowledged, 0) or rejected.in_doubt) and planned._ordinal <= watermark.sending) as doubtful
    -- no subquery may stand in the condition of a join on every engine
    left join (select * from "shop"."marketing"."events_held__synced" as there where _sent_to = coalesce((select sent_to from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."events_held"'), 'braze/events')) as earlier
        on earlier._record_key = doubtful._record_key
        and earlier._delta_id <> doubtful._delta_id
    where not exists (
        select 1
        from "shop"."marketing"."events_held__synced" as folded
        where folded._record_key = doubtful._record_key
            and folded._sent_to = coalesce((select sent_to from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."events_held"'), 'braze/events')
            and folded._delta_id = doubtful._delta_id
    )
;

update "shop"."marketing"."tailrace_rejected_rows"
set resolved_at = (current_timestamp at time zone 'UTC')
where relation = '"shop"."marketing"."events_held"'
        and resolved_at is null
        and (
            coalesce((select sent_to from "shop"."marketing"."tailrace_activations" where relation = '"shop"."marketing"."events_held"'), 'braze/events') <> 'braze/events'
            or case when operation = 'delete' then '-' else '+' end || record_key in (
                select case when settled._operation = 'delete' then '-' else '+' end || settled._record_key
                from (select planned.*
    from "shop"."marketing"."events_held" as planned
    inner join "shop"."marketing"."tailrace_watermarks" as watermark
        on watermark.delta_id = planned._delta_id and watermark.shard = planned._shard
        -- a clone has its original's rows, and not its history
        and watermark.relation = '"shop"."marketing"."events_held"'
    left join "shop"."marketing"."tailrace_rejected_rows" as rejected
        on rejected.delta_id = planned._delta_id and rejected.shard = planned._shard and rejected.ordinal = planned._ordinal
    left join "shop"."marketing"."tailrace_activations" as registered
        on registered.relation = watermark.relation
    where rejected.delta_id is null
        -- a delta whose build died before its registration was never current, a baseline that is held
        -- records nothing, and a build that another one overtook folds nothing any more
        and (registered.relation is null or (
            registered.delta_id = planned._delta_id
            and coalesce(registered.lease_holder, '') = 'build 00000000000000000000000000000000'
            and not (registered.run_type = 'baseline' and registered.hold_reason is not null and registered.approved_at is null)
        ))
        and planned._ordinal <= watermark.acknowledged) as settled
            )
        )
;

insert into "shop"."marketing"."events_held__synced" (_record_key, _identifiers, _attributes, _row_hash, _status, _acknowledged_at, _event_time, _delta_id, _sent_to)
    select
        cast(null as text),
        cast(null as text),
        cast(null as text),
        cast(null as bigint),
        'forgotten',
        cast(null as timestamp),
        max(_event_time),
        cast(null as text),
        'braze/events'
    from "shop"."marketing"."events_held__synced"
    where _sent_to = 'braze/events'
        and _event_time < ((current_timestamp at time zone 'UTC') - interval '91 days')
        and _status not in ('in_doubt', 'forgotten')
    having count(*) > 0
;

delete from "shop"."marketing"."events_held__synced"
where _sent_to = 'braze/events' and ((
        _event_time < ((current_timestamp at time zone 'UTC') - interval '91 days')
        and _status not in ('in_doubt', 'forgotten')
    ) or (
        _status = 'forgotten'
        and _event_time < (select max(newest._event_time) from "shop"."marketing"."events_held__synced" as newest where newest._status = 'forgotten' and newest._sent_to = 'braze/events')
    ))
;

update "shop"."marketing"."tailrace_watermarks"
set folded = sending
where relation = '"shop"."marketing"."events_held"' and delta_id in (select _delta_id from "shop"."marketing"."events_held")
        and not exists (
            select 1
            from "shop"."marketing"."tailrace_activations" as registered
            where registered.relation = '"shop"."marketing"."events_held"'
                and coalesce(registered.lease_holder, '') <> 'build 00000000000000000000000000000000'
        )
;

create  table "shop"."marketing"."events_held__dbt_tmp"

    as

  (
    with

repeated_key as (
    select count(model_row."id") > count(distinct model_row."id") as _found
    from "shop"."marketing"."people" as model_row
    where ((model_row."happened_at" at time zone 'UTC') is null or ((model_row."happened_at" at time zone 'UTC') >= ((current_timestamp at time zone 'UTC') - interval '90 days') and (model_row."happened_at" at time zone 'UTC') > coalesce((select max(_event_time) from (select * from "shop"."marketing"."events_held__synced" as everywhere where _sent_to = 'braze/events') as forgotten_row where _status = 'forgotten'), cast('0001-01-02' as timestamp))))
),

duplicate_keys as (
    select
        model_row."id" as _key_1
    from repeated_key cross join "shop"."marketing"."people" as model_row
    where model_row."id" is not null and repeated_key._found and ((model_row."happened_at" at time zone 'UTC') is null or ((model_row."happened_at" at time zone 'UTC') >= ((current_timestamp at time zone 'UTC') - interval '90 days') and (model_row."happened_at" at time zone 'UTC') > coalesce((select max(_event_time) from (select * from "shop"."marketing"."events_held__synced" as everywhere where _sent_to = 'braze/events') as forgotten_row where _status = 'forgotten'), cast('0001-01-02' as timestamp))))
    group by model_row."id"
    having count(*) > 1
),

checked_rows as (
    select
        model_row."id",
        model_row."person",
        model_row."happened_at",
        model_row."text",
        cast(model_row."id" as text) as _record_key,
        (model_row."happened_at" at time zone 'UTC') as _event_time,
        hashint8extended(coalesce(timestamp_hash_extended((model_row."happened_at" at time zone 'UTC'), 0), 0), hashint8extended(coalesce(hashtextextended(cast(model_row."text" as text), 0), 0), hashint8extended(coalesce(hashtextextended(cast(model_row."person" as text), 0), 0), hashtextextended('[["external_id", "kind", "time"], "send", ["text", "timestamptz"]]', 0)))) as _hash,
        case
            when cast(model_row."id" as text) is null then 'null key'
            when duplicate_keys._key_1 is not null then 'duplicate key'
            when coalesce(cast(model_row."person" as text), '') = '' then 'missing identifier'
            when not isfinite(model_row."happened_at") then 'time is not a finite value'
        end as _invalid_reason
    from "shop"."marketing"."people" as model_row
    left join duplicate_keys
        on duplicate_keys._key_1 = model_row."id"
    where ((model_row."happened_at" at time zone 'UTC') is null or ((model_row."happened_at" at time zone 'UTC') >= ((current_timestamp at time zone 'UTC') - interval '90 days') and (model_row."happened_at" at time zone 'UTC') > coalesce((select max(_event_time) from (select * from "shop"."marketing"."events_held__synced" as everywhere where _sent_to = 'braze/events') as forgotten_row where _status = 'forgotten'), cast('0001-01-02' as timestamp))))
),

operations as (
    select
        model_row."id",
        model_row."person",
        model_row."happened_at",
        model_row."text",
        model_row._record_key,
        '{' || '"external_id":' || cast(to_json(cast(cast(model_row."person" as text) as text)) as text) || '}' as _identifiers,
        model_row._hash as _row_hash,
        model_row._invalid_reason,
        model_row._event_time,
        case when _invalid_reason is null then 'insert' else 'invalid' end as _operation
    from checked_rows as model_row
    left join (select * from "shop"."marketing"."events_held__synced" as everywhere where _sent_to = 'braze/events') as synced_row on synced_row._record_key = model_row._record_key
    where synced_row._record_key is null or model_row._invalid_reason is not null
),

exhausted_rows as (
    select record_key, row_hash, operation = 'delete' as is_delete
    from "shop"."marketing"."tailrace_rejected_rows" as rejected
    where relation = '"shop"."marketing"."events_held"' and resolved_at is null
        -- a row that was held back by the runner was not refused by the destination
        and code <> 'not_sent'
    group by record_key, row_hash, operation = 'delete'
    having count(*) >= 5
),

planned_rows as (
    select
        operations.*,
        0 as _shard,
        case
            when exhausted_rows.record_key is not null and operations._operation <> 'invalid' then 'resting'
            else operations._operation
        end as _planned
    from operations
    left join exhausted_rows
        on exhausted_rows.record_key = operations._record_key
        and exhausted_rows.row_hash = cast(operations._row_hash as text)
        and exhausted_rows.is_delete = (operations._operation = 'delete')
),

numbered_rows as (
    select
        planned_rows.*,
        case
            when _planned in ('insert', 'update', 'delete') then row_number() over (
                order by case _planned when 'insert' then 1 when 'update' then 2 when 'delete' then 3 else 4 end, _record_key, _identifiers
            )
        end as _ordinal
    from planned_rows
),

rendered_rows as (
    select
        model_row.*,
        cast(to_json(cast(model_row."text" as text)) as text) as _value_1,
        '"' || replace(to_char((model_row."happened_at" at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z') || '"' as _value_2
    from numbered_rows as model_row
)

select
    '00000000000000000000000000000000' as _delta_id,
    _shard,
    _ordinal,
    _planned as _operation,
    _record_key,
    _identifiers,
    case
        when _ordinal is null then null
        else '{' || substring(
            coalesce(',' || chr(10) || '"kind":' || _value_1 || chr(10), '')
            || coalesce(',' || chr(10) || '"time":' || _value_2 || chr(10), '')
        , 2) || '}'
    end as _payload,
    cast(null as text) as _changed,
    _invalid_reason,
    _row_hash,
    cast('{}' as text) as _attributes,
    _event_time,
    "id",
    "person",
    "happened_at",
    "text"
from rendered_rows
  )
;

create index on "shop"."marketing"."events_held" (_shard, _ordinal)
;

select table_name from "shop"."marketing"."tailrace_activations" where sent_to = 'braze/events' and sync_mode = 'incremental' and (project = 'shop' and target_name = 'test' and relation not in ('', '"shop"."marketing"."based"', '"shop"."marketing"."listed_with_words"', '"shop"."marketing"."listed"', '"shop"."marketing"."events_resent"', '"shop"."marketing"."events_skipped"', '"shop"."marketing"."unset"', '"shop"."marketing"."upserted"', '"shop"."marketing"."ignored"', '"shop"."marketing"."mirrored"', '"shop"."marketing"."events_by_local_time"', '"shop"."marketing"."events_held"', '"shop"."marketing"."inserted"', '"shop"."marketing"."updated"', '"shop"."marketing"."events_by_day"') and (activation not in ('', 'based', 'listed_with_words', 'listed', 'events_resent', 'events_skipped', 'unset', 'upserted', 'ignored', 'mirrored', 'events_by_local_time', 'events_held', 'inserted', 'updated', 'events_by_day') or schema_name in ('', 'marketing'))) order by table_name
;

select count(*) from "shop"."marketing"."people" as model_row
;

select count(*) from "shop"."marketing"."people" as model_row where not ((model_row."happened_at" at time zone 'UTC') is null or ((model_row."happened_at" at time zone 'UTC') >= ((current_timestamp at time zone 'UTC') - interval '90 days') and (model_row."happened_at" at time zone 'UTC') > coalesce((select max(_event_time) from (select * from "shop"."marketing"."events_held__synced" as everywhere where _sent_to = 'braze/events') as forgotten_row where _status = 'forgotten'), cast('0001-01-02' as timestamp))))
;

select count(*) from (select * from "shop"."marketing"."events_held__synced" as everywhere where _sent_to = 'braze/events') as synced_row where _status <> 'forgotten'
;

merge into "shop"."marketing"."tailrace_activations" as registered
    using (
        with

    counts as (
        select
            1 as model_rows,
            1 as late_rows,
            0 as waiting_rows,
            1 as synced_rows,
            coalesce(sum(case when _operation = 'insert' then 1 else 0 end), 0) as insert_rows,
            coalesce(sum(case when _operation = 'update' then 1 else 0 end), 0) as update_rows,
            coalesce(sum(case when _operation = 'delete' then 1 else 0 end), 0) as delete_rows,
            coalesce(sum(case when _operation = 'invalid' then 1 else 0 end), 0) as invalid_rows,
            coalesce(sum(case when _operation = 'resting' then 1 else 0 end), 0) as resting_rows,
            coalesce(sum(case when _invalid_reason = 'duplicate key' then 1 else 0 end), 0) as duplicate_rows,
            coalesce(sum(case when _invalid_reason = 'null key' then 1 else 0 end), 0) as null_key_rows,
            count(distinct case when _invalid_reason = 'duplicate key' then _record_key end) as duplicate_keys
        from "shop"."marketing"."events_held"
    ),

    shares as (
        select
            counts.*,
            100.0 * (duplicate_rows - duplicate_keys) / nullif(model_rows - late_rows - waiting_rows - null_key_rows, 0) as duplicate_share,
            100.0 * (invalid_rows - duplicate_rows) / nullif(model_rows - late_rows - waiting_rows, 0) as invalid_share,
            100.0 * delete_rows / nullif(synced_rows, 0) as delete_share
        from counts
    )
        select
            (current_timestamp at time zone 'UTC') as registered_at,
            nullif(substring(
        case
            when duplicate_rows > 0
                then '; ' || cast(duplicate_rows as text) || ' rows share a primary key with another row and are not sent'
            else ''
        end
        || '; it was sent to braze/users before, where everything stays as it is',
        3
    ), '') as warnings,
            nullif(substring(
        case
            when delete_share > 10 and delete_rows > 100
                then '; it would delete ' || cast(delete_rows as text) || ' of ' || cast(synced_rows as text)
                    || ' synced rows, more than max_delete_share (10 %) and max_delete_rows (100) allow'
            else ''
        end
        || case
            when model_rows = 0 and synced_rows > 0
                then '; the model is empty while ' || cast(synced_rows as text)
                    || case when synced_rows = 1 then ' row is' else ' rows are' end || ' synced'
            else ''
        end
        || case
            when duplicate_share > 0 and duplicate_share >= 5
                then '; ' || cast(duplicate_rows as text) || ' rows have duplicate keys, at or above max_duplicate_share (5 %)'
            else ''
        end
        || case
            when invalid_share > 5
                then '; ' || cast(invalid_rows - duplicate_rows as text)
                    || case when invalid_rows - duplicate_rows = 1 then ' row is' else ' rows are' end || ' invalid, more than max_invalid_share (5 %)'
            else ''
        end
        || case when insert_rows > 0 then '; it is new here, and an_old_name, which sent events to the same place, is no longer in the project: if this is the same activation under a new name, the config alias=''an_old_name'' keeps its history, else events may be sent twice' else '' end
        || ''
        || case
            when delete_rows > 0
                then '; it was sent to braze/users before, came back, and would delete ' || cast(delete_rows as text)
                    || case when delete_rows = 1 then ' row' else ' rows' end || ' here'
            else ''
        end,
        3
    ), '') as hold_reason,
            cast(null as timestamp) as approved_at,
            cast(null as text) as approved_by,
            cast(null as timestamp) as removed_at,
            cast('events_held' as text) as activation,
            cast('"shop"."marketing"."events_held"' as text) as relation,
            cast('shop' as text) as database_name,
            cast('marketing' as text) as schema_name,
            cast('events_held' as text) as table_name,
            cast('shop' as text) as project,
            cast('test' as text) as target_name,
            cast('00000000000000000000000000000000' as text) as delta_id,
            cast('braze' as text) as destination,
            cast('events' as text) as service,
            cast('braze/events' as text) as sent_to,
            cast('incremental' as text) as sync_mode,
            cast('delta' as text) as run_type,
            cast('{"destination": "braze", "service": "events", "sync_mode": "incremental", "primary_key": ["id"], "identifiers": {"external_id": "person"}, "attributes": {"time": "happened_at", "kind": "text"}, "settings": {"event_name": "it''s \\ a\nlong day"}, "run_type": "delta", "nulls": "send", "on_leave": "delete", "in_doubt": "hold", "max_attempts": 5, "guards": {"max_delete_share": 10, "max_delete_rows": 100, "max_duplicate_share": 5, "max_invalid_share": 5, "max_rejected_share": 1, "empty_model": "hold"}, "lookback": 90, "max_age": null, "min_age": null, "refresh_after": null, "shards": 1, "enabled": true, "lease_seconds": 120, "base": {"sent_to": "braze/users", "keys": {"braze/users": ["other"]}}, "is_empty": false}' as text) as settings,
            model_rows, synced_rows, insert_rows, update_rows, delete_rows, invalid_rows, duplicate_rows, resting_rows, late_rows, waiting_rows
        from shares
    ) as built
    on registered.relation = built.relation
    when matched and registered.lease_holder = 'build 00000000000000000000000000000000' then update set
        registered_at = built.registered_at,
        warnings = built.warnings,
        hold_reason = built.hold_reason,
        approved_at = built.approved_at,
        approved_by = built.approved_by,
        removed_at = built.removed_at,
        activation = built.activation,
        database_name = built.database_name,
        schema_name = built.schema_name,
        table_name = built.table_name,
        project = built.project,
        target_name = built.target_name,
        delta_id = built.delta_id,
        destination = built.destination,
        service = built.service,
        sent_to = built.sent_to,
        sync_mode = built.sync_mode,
        run_type = built.run_type,
        settings = built.settings,
        model_rows = built.model_rows,
        synced_rows = built.synced_rows,
        insert_rows = built.insert_rows,
        update_rows = built.update_rows,
        delete_rows = built.delete_rows,
        invalid_rows = built.invalid_rows,
        duplicate_rows = built.duplicate_rows,
        resting_rows = built.resting_rows,
        late_rows = built.late_rows,
        waiting_rows = built.waiting_rows
    when not matched then insert
        (registered_at, warnings, hold_reason, approved_at, approved_by, removed_at, activation, relation, database_name, schema_name, table_name, project, target_name, delta_id, destination, service, sent_to, sync_mode, run_type, settings, model_rows, synced_rows, insert_rows, update_rows, delete_rows, invalid_rows, duplicate_rows, resting_rows, late_rows, waiting_rows, lease_holder, lease_heartbeat_at)
        values (built.registered_at, built.warnings, built.hold_reason, built.approved_at, built.approved_by, built.removed_at, built.activation, built.relation, built.database_name, built.schema_name, built.table_name, built.project, built.target_name, built.delta_id, built.destination, built.service, built.sent_to, built.sync_mode, built.run_type, built.settings, built.model_rows, built.synced_rows, built.insert_rows, built.update_rows, built.delete_rows, built.invalid_rows, built.duplicate_rows, built.resting_rows, built.late_rows, built.waiting_rows, 'build 00000000000000000000000000000000', built.registered_at
        )
;

delete from "shop"."marketing"."tailrace_watermarks"
where relation = '"shop"."marketing"."events_held"'
        and delta_id <> '00000000000000000000000000000000'
        and exists (
            select 1
            from "shop"."marketing"."tailrace_activations" as registered
            where registered.relation = '"shop"."marketing"."events_held"'
                and registered.delta_id = '00000000000000000000000000000000'
        )
;

-- upserted: its delta

create  table "shop"."marketing"."upserted__dbt_tmp"

    as

  (
    with

repeated_key as (
    select count(model_row."id") > count(distinct model_row."id") as _found
    from "shop"."marketing"."people" as model_row
),

duplicate_keys as (
    select
        model_row."id" as _key_1
    from repeated_key cross join "shop"."marketing"."people" as model_row
    where model_row."id" is not null and repeated_key._found
    group by model_row."id"
    having count(*) > 1
),

checked_rows as (
    select
        model_row."id",
        model_row."text",
        model_row."money",
        model_row."share",
        model_row."zoneless",
        cast(model_row."id" as text) as _record_key,
        cast(null as timestamp) as _event_time,
        hashint8extended(coalesce(timestamp_hash_extended(cast(model_row."zoneless" as timestamp), 0), 0), hashint8extended(coalesce(hashtextextended(cast(model_row."money" as text), 0), 0), hashint8extended(coalesce(hashtextextended(cast(model_row."text" as text), 0), 0), hashint8extended(coalesce(hashtextextended(cast(model_row."share" as text), 0), 0), hashint8extended(coalesce(hashint8extended(model_row."id", 0), 0), hashtextextended('[["external_id", "back\\slash", "it''s", "qu\"ote", "\u00e9\n"], "skip", ["float", "text", "decimal", "timestamp"]]', 0)))))) as _hash,
        case
            when cast(model_row."id" as text) is null then 'null key'
            when duplicate_keys._key_1 is not null then 'duplicate key'
            when coalesce(cast(model_row."id" as text), '') = '' then 'missing identifier'
            when cast(model_row."share" as text) in ('NaN', 'Infinity', '-Infinity') then 'back\slash is not a finite value'
            when cast(model_row."money" as text) in ('NaN', 'Infinity', '-Infinity') then 'qu"ote is not a finite value'
            when not isfinite(model_row."zoneless") then 'é
 is not a finite value'
        end as _invalid_reason
    from "shop"."marketing"."people" as model_row
    left join duplicate_keys
        on duplicate_keys._key_1 = model_row."id"
),

unmatched_rows as materialized (
    select
        model_row.*,
        synced_row._record_key as _synced_key,
        synced_row._row_hash as _synced_hash
    from (
        select checked_rows.*, 1 as _present, case when _invalid_reason is null then _hash end as _match_hash
        from (with worked_out as (select * from checked_rows) select * from worked_out) as checked_rows
    ) as model_row
    full outer join (select * from "shop"."marketing"."upserted__synced" as everywhere where _sent_to = 'braze/users') as synced_row
        on model_row._record_key is not distinct from synced_row._record_key and model_row._match_hash = synced_row._row_hash
    where model_row._present is null or synced_row._record_key is null or (cast(synced_row._acknowledged_at as date) - date '1970-01-01') < (cast((current_timestamp at time zone 'UTC') as date) - date '1970-01-01') - mod((cast((current_timestamp at time zone 'UTC') as date) - date '1970-01-01') + cast(abs(hashtextextended(synced_row._record_key, 0) % 30) as integer), 30)
),

synced_rows as (
    select
        synced_row._record_key,
        synced_row._identifiers,
        synced_row._attributes,
        synced_row._row_hash,
        synced_row._status,
        unmatched_rows._present as _matched
    from (select * from (select * from "shop"."marketing"."upserted__synced" as everywhere where _sent_to = 'braze/users') as sought_row where _row_hash in (select _synced_hash from unmatched_rows)) as synced_row
    inner join unmatched_rows
        on unmatched_rows._synced_key = synced_row._record_key and unmatched_rows._synced_hash = synced_row._row_hash
),

compared_rows as (
    select
        model_row."id",
        model_row."text",
        model_row."money",
        model_row."share",
        model_row."zoneless",
        model_row._record_key,
        model_row._identifiers,
        model_row._hash as _row_hash,
        model_row._invalid_reason,
        model_row._event_time,
        synced_rows._attributes as _synced_attributes,
        coalesce(synced_rows._status = 'acknowledged', false) as _certain,
        coalesce(
            synced_rows._record_key = model_row._record_key and synced_rows._status = 'acknowledged', false
        ) as _known,
        synced_rows._matched is not null as _again
    from (
        select model_row.*, '{' || '"external_id":' || cast(to_json(cast(cast(model_row."id" as text) as text)) as text) || '}' as _identifiers
        from unmatched_rows as model_row
        where model_row._present is not null
    ) as model_row
    left join synced_rows
        on synced_rows._identifiers = model_row._identifiers and model_row._invalid_reason is null
),

changed_rows as (
    select
        "id",
        "text",
        "money",
        "share",
        "zoneless",
        case
            when _synced_attributes is not null then case when _compared_1 is null then false else not coalesce(strpos(_synced_attributes, chr(10) || '"back\\slash":' || _compared_1 || chr(10)) > 0, false) end
        end as _changed_1,
        case
            when _synced_attributes is not null then case when _compared_2 is null then false else not coalesce(strpos(_synced_attributes, chr(10) || '"it''s":' || _compared_2 || chr(10)) > 0, false) end
        end as _changed_2,
        case
            when _synced_attributes is not null then case when _compared_3 is null then false else not coalesce(strpos(_synced_attributes, chr(10) || '"qu\"ote":' || _compared_3 || chr(10)) > 0, false) end
        end as _changed_3,
        case
            when _synced_attributes is not null then case when _compared_4 is null then false else not coalesce(strpos(_synced_attributes, chr(10) || '"\u00e9\n":' || _compared_4 || chr(10)) > 0, false) end
        end as _changed_4,
        _record_key,
        _identifiers,
        _row_hash,
        _invalid_reason,
        _event_time,
        _synced_attributes,
        _certain,
        _known,
        _again
    from (
        select
            model_row.*,
            case when _synced_attributes is not null then cast(model_row."share" as text) || case when cast(model_row."share" as text) ~ '^-?[0-9]+$' then '.0' else '' end end as _compared_1,
            case when _synced_attributes is not null then cast(to_json(cast(model_row."text" as text)) as text) end as _compared_2,
            case when _synced_attributes is not null then cast(model_row."money" as text) end as _compared_3,
            case when _synced_attributes is not null then '"' || replace(to_char(cast(model_row."zoneless" as timestamp), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z') || '"' end as _compared_4
        from compared_rows as model_row
    ) as model_row
),

classified_rows as (
    select
        model_row.*,
        case
            when _invalid_reason is not null then 'invalid'
            when not _known then 'insert'
            when _again then 'update'
            when _changed_1 then 'update'
            when _changed_2 then 'update'
            when _changed_3 then 'update'
            when _changed_4 then 'update'
        end as _operation
    from changed_rows as model_row
),

operations as (
    select *
    from classified_rows
),

exhausted_rows as (
    select record_key, row_hash, operation = 'delete' as is_delete
    from "shop"."marketing"."tailrace_rejected_rows" as rejected
    where relation = '"shop"."marketing"."upserted"' and resolved_at is null
        -- a row that was held back by the runner was not refused by the destination
        and code <> 'not_sent'
    group by record_key, row_hash, operation = 'delete'
    having count(*) >= 5
),

planned_rows as (
    select
        operations.*,
        cast(abs(hashtextextended(coalesce(operations._record_key, ''), 0) % 3) as integer) as _shard,
        case
            when exhausted_rows.record_key is not null and operations._operation <> 'invalid' then 'resting'
            else operations._operation
        end as _planned
    from operations
    left join exhausted_rows
        on exhausted_rows.record_key = operations._record_key
        and exhausted_rows.row_hash = cast(operations._row_hash as text)
        and exhausted_rows.is_delete = (operations._operation = 'delete')
),

numbered_rows as (
    select
        planned_rows.*,
        case
            when _planned in ('insert', 'update', 'delete') then row_number() over (
                partition by _shard
                order by case _planned when 'insert' then 1 when 'update' then 2 when 'delete' then 3 else 4 end, _record_key, _identifiers
            )
        end as _ordinal
    from planned_rows
),

rendered_rows as (
    select
        model_row.*,
        cast(model_row."share" as text) || case when cast(model_row."share" as text) ~ '^-?[0-9]+$' then '.0' else '' end as _value_1,
        cast(to_json(cast(model_row."text" as text)) as text) as _value_2,
        cast(model_row."money" as text) as _value_3,
        '"' || replace(to_char(cast(model_row."zoneless" as timestamp), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z') || '"' as _value_4
    from numbered_rows as model_row
    where _planned is not null
)

select
    '00000000000000000000000000000000' as _delta_id,
    _shard,
    _ordinal,
    _planned as _operation,
    _record_key,
    _identifiers,
    case
        when _ordinal is null then null
        when _operation = 'delete' then '{}'
        when _synced_attributes is not null then '{' || substring(
            case when _changed_1 or ((_again or not _known) and _value_1 is not null) then ',' || chr(10) || '"back\\slash":' || coalesce(_value_1, 'null') || chr(10) else '' end
            || case when _changed_2 or ((_again or not _known) and _value_2 is not null) then ',' || chr(10) || '"it''s":' || coalesce(_value_2, 'null') || chr(10) else '' end
            || case when _changed_3 or ((_again or not _known) and _value_3 is not null) then ',' || chr(10) || '"qu\"ote":' || coalesce(_value_3, 'null') || chr(10) else '' end
            || case when _changed_4 or ((_again or not _known) and _value_4 is not null) then ',' || chr(10) || '"\u00e9\n":' || coalesce(_value_4, 'null') || chr(10) else '' end
        , 2) || '}'
        else '{' || substring(
            coalesce(',' || chr(10) || '"back\\slash":' || _value_1 || chr(10), '')
            || coalesce(',' || chr(10) || '"it''s":' || _value_2 || chr(10), '')
            || coalesce(',' || chr(10) || '"qu\"ote":' || _value_3 || chr(10), '')
            || coalesce(',' || chr(10) || '"\u00e9\n":' || _value_4 || chr(10), '')
        , 2) || '}'
    end as _payload,
    case when _known then '[' || substring(cast(case when _changed_1 then ',"back\\slash"' else '' end
            || case when _changed_2 then ',"it''s"' else '' end
            || case when _changed_3 then ',"qu\"ote"' else '' end
            || case when _changed_4 then ',"\u00e9\n"' else '' end as text), 2) || ']' end as _changed,
    _invalid_reason,
    _row_hash,
    case
        when _synced_attributes is not null and _operation <> 'delete' then '{' || substring(
            case when _value_1 is not null then ',' || chr(10) || '"back\\slash":' || _value_1 || chr(10) when strpos(_synced_attributes, chr(10) || '"back\\slash":') > 0 then ',' || chr(10) || case when _certain then split_part(substring(_synced_attributes, strpos(_synced_attributes, chr(10) || '"back\\slash":') + 1), chr(10), 1) else '"back\\slash":' || ' null' end || chr(10) else '' end
            || case when _value_2 is not null then ',' || chr(10) || '"it''s":' || _value_2 || chr(10) when strpos(_synced_attributes, chr(10) || '"it''s":') > 0 then ',' || chr(10) || case when _certain then split_part(substring(_synced_attributes, strpos(_synced_attributes, chr(10) || '"it''s":') + 1), chr(10), 1) else '"it''s":' || ' null' end || chr(10) else '' end
            || case when _value_3 is not null then ',' || chr(10) || '"qu\"ote":' || _value_3 || chr(10) when strpos(_synced_attributes, chr(10) || '"qu\"ote":') > 0 then ',' || chr(10) || case when _certain then split_part(substring(_synced_attributes, strpos(_synced_attributes, chr(10) || '"qu\"ote":') + 1), chr(10), 1) else '"qu\"ote":' || ' null' end || chr(10) else '' end
            || case when _value_4 is not null then ',' || chr(10) || '"\u00e9\n":' || _value_4 || chr(10) when strpos(_synced_attributes, chr(10) || '"\u00e9\n":') > 0 then ',' || chr(10) || case when _certain then split_part(substring(_synced_attributes, strpos(_synced_attributes, chr(10) || '"\u00e9\n":') + 1), chr(10), 1) else '"\u00e9\n":' || ' null' end || chr(10) else '' end
        , 2) || '}'
    end as _attributes,
    _event_time,
    "id",
    "text",
    "money",
    "share",
    "zoneless"
from rendered_rows
  )
;

-- listed_with_words: its delta

create  table "shop"."marketing"."listed_with_words__dbt_tmp"

    as

  (
    with

repeated_key as (
    select count(model_row."id") > count(distinct model_row."id") as _found
    from "shop"."marketing"."people" as model_row
),

duplicate_keys as (
    select
        model_row."id" as _key_1
    from repeated_key cross join "shop"."marketing"."people" as model_row
    where model_row."id" is not null and repeated_key._found
    group by model_row."id"
    having count(*) > 1
),

checked_rows as (
    select
        model_row."id",
        model_row."text",
        cast(model_row."id" as text) as _record_key,
        cast(null as timestamp) as _event_time,
        hashint8extended(coalesce(hashtextextended(cast(model_row."text" as text), 0), 0), hashint8extended(coalesce(hashint8extended(model_row."id", 0), 0), hashtextextended('[["external_id", "text"], "send", ["text"]]', 0))) as _hash,
        case
            when cast(model_row."id" as text) is null then 'null key'
            when duplicate_keys._key_1 is not null then 'duplicate key'
            when coalesce(cast(model_row."id" as text), '') = '' then 'missing identifier'
        end as _invalid_reason
    from "shop"."marketing"."people" as model_row
    left join duplicate_keys
        on duplicate_keys._key_1 = model_row."id"
),

unmatched_rows as materialized (
    select
        model_row.*,
        synced_row._record_key as _synced_key,
        synced_row._row_hash as _synced_hash
    from (
        select checked_rows.*, 1 as _present, case when _invalid_reason is null then _hash end as _match_hash
        from (with worked_out as (select * from checked_rows) select * from worked_out) as checked_rows
    ) as model_row
    full outer join (select * from "shop"."marketing"."listed_with_words__synced" as everywhere where _sent_to = 'braze/user_list') as synced_row
        on model_row._record_key is not distinct from synced_row._record_key and model_row._match_hash = synced_row._row_hash
    where model_row._present is null or synced_row._record_key is null
),

synced_rows as (
    select
        synced_row._record_key,
        synced_row._identifiers,
        synced_row._attributes,
        synced_row._row_hash,
        synced_row._status,
        unmatched_rows._present as _matched
    from (select * from (select * from "shop"."marketing"."listed_with_words__synced" as everywhere where _sent_to = 'braze/user_list') as sought_row where _row_hash in (select _synced_hash from unmatched_rows)) as synced_row
    inner join unmatched_rows
        on unmatched_rows._synced_key = synced_row._record_key and unmatched_rows._synced_hash = synced_row._row_hash
),

compared_rows as (
    select
        model_row."id",
        model_row."text",
        model_row._record_key,
        model_row._identifiers,
        model_row._hash as _row_hash,
        model_row._invalid_reason,
        model_row._event_time,
        synced_rows._attributes as _synced_attributes,
        coalesce(synced_rows._status = 'acknowledged', false) as _certain,
        coalesce(
            synced_rows._record_key = model_row._record_key and synced_rows._status = 'acknowledged', false
        ) as _known,
        synced_rows._matched is not null as _again
    from (
        select model_row.*, '{' || '"external_id":' || cast(to_json(cast(cast(model_row."id" as text) as text)) as text) || '}' as _identifiers
        from unmatched_rows as model_row
        where model_row._present is not null
    ) as model_row
    left join synced_rows
        on synced_rows._identifiers = model_row._identifiers and model_row._invalid_reason is null
),

changed_rows as (
    select
        "id",
        "text",
        case
            when _synced_attributes is not null then case when _compared_1 is null then coalesce(strpos(_synced_attributes, chr(10) || '"text":') > 0, false) else not coalesce(strpos(_synced_attributes, chr(10) || '"text":' || _compared_1 || chr(10)) > 0, false) end
        end as _changed_1,
        _record_key,
        _identifiers,
        _row_hash,
        _invalid_reason,
        _event_time,
        _synced_attributes,
        _certain,
        _known,
        _again
    from (
        select
            model_row.*,
            case when _synced_attributes is not null then cast(to_json(cast(model_row."text" as text)) as text) end as _compared_1
        from compared_rows as model_row
    ) as model_row
),

classified_rows as (
    select
        model_row.*,
        case
            when _invalid_reason is not null then 'invalid'
            when not _known then 'insert'
            when _again then 'insert'
            when _changed_1 then 'update'
        end as _operation
    from changed_rows as model_row
),

left_rows as (
    select _record_key, _identifiers, _attributes, _row_hash, _status
    from (
        select
            named_rows.*,
            max(_named) over (partition by _identifiers) as _still_named,
            max(_invalid) over (partition by _record_key) as _key_invalid
        from (
            select _record_key, _identifiers, _attributes, _row_hash, _status, 0 as _named, 0 as _invalid
            from synced_rows
            where _matched is null
            union all
            select
                _record_key, '{' || '"external_id":' || cast(to_json(cast(cast(model_row."id" as text) as text)) as text) || '}', null, null, null, 1,
                case when _invalid_reason is null then 0 else 1 end
            from unmatched_rows as model_row
            where _present is not null and exists (select 1 from synced_rows where _matched is null)
        ) as named_rows
    ) as judged_rows
    where _named = 0 and _still_named = 0 and _key_invalid = 0
),

operations as (
    select *
    from classified_rows

    union all

    select
        null as "id",
        null as "text",
        false as _changed_1,
        _record_key,
        _identifiers,
        _row_hash,
        cast(null as text) as _invalid_reason,
        cast(null as timestamp) as _event_time,
        cast(null as text) as _synced_attributes,
        false as _certain,
        false as _known,
        false as _again,
        'delete' as _operation
    from left_rows
),

exhausted_rows as (
    select record_key, row_hash, operation = 'delete' as is_delete
    from "shop"."marketing"."tailrace_rejected_rows" as rejected
    where relation = '"shop"."marketing"."listed_with_words"' and resolved_at is null
        -- a row that was held back by the runner was not refused by the destination
        and code <> 'not_sent'
    group by record_key, row_hash, operation = 'delete'
    having count(*) >= 5
),

planned_rows as (
    select
        operations.*,
        0 as _shard,
        case
            when exhausted_rows.record_key is not null and operations._operation <> 'invalid' then 'resting'
            else operations._operation
        end as _planned
    from operations
    left join exhausted_rows
        on exhausted_rows.record_key = operations._record_key
        and exhausted_rows.row_hash = cast(operations._row_hash as text)
        and exhausted_rows.is_delete = (operations._operation = 'delete')
),

numbered_rows as (
    select
        planned_rows.*,
        case
            when _planned in ('insert', 'update', 'delete') then row_number() over (
                order by case _planned when 'insert' then 1 when 'update' then 2 when 'delete' then 3 else 4 end, _record_key, _identifiers
            )
        end as _ordinal
    from planned_rows
),

rendered_rows as (
    select
        model_row.*,
        cast(to_json(cast(model_row."text" as text)) as text) as _value_1
    from numbered_rows as model_row
    where _planned is not null
)

select
    '00000000000000000000000000000000' as _delta_id,
    _shard,
    _ordinal,
    _planned as _operation,
    _record_key,
    _identifiers,
    case
        when _ordinal is null then null
        when _operation = 'delete' then '{}'
        when _synced_attributes is not null then '{' || substring(
            case when _changed_1 or ((_again or not _known) and _value_1 is not null) then ',' || chr(10) || '"text":' || coalesce(_value_1, 'null') || chr(10) else '' end
        , 2) || '}'
        else '{' || substring(
            coalesce(',' || chr(10) || '"text":' || _value_1 || chr(10), '')
        , 2) || '}'
    end as _payload,
    case when _known then '[' || substring(cast(case when _changed_1 then ',"text"' else '' end as text), 2) || ']' end as _changed,
    _invalid_reason,
    _row_hash,
    case
        when _synced_attributes is not null and _operation <> 'delete' then '{' || substring(
            coalesce(',' || chr(10) || '"text":' || _value_1 || chr(10), '')
        , 2) || '}'
    end as _attributes,
    _event_time,
    "id",
    "text"
from rendered_rows
  )
;

-- segment memberships

update "shop"."marketing"."tailrace_segment_memberships"
set is_member = false, left_at = (current_timestamp at time zone 'UTC')
where segment = 'vips' and is_member and not exists (select 1 from (select distinct cast(length(cast("id" as text)) as text) || ':' || cast("id" as text) || '|' || cast(length(replace(to_char(("happened_at" at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')) as text) || ':' || replace(to_char(("happened_at" at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z') as current_key from "shop"."marketing"."vips" where "id" is not null and "happened_at" is not null) as members where members.current_key = member_key)
;

update "shop"."marketing"."tailrace_segment_memberships"
set is_member = true, entered_at = (current_timestamp at time zone 'UTC'), left_at = null
where segment = 'vips' and not is_member and exists (select 1 from (select distinct cast(length(cast("id" as text)) as text) || ':' || cast("id" as text) || '|' || cast(length(replace(to_char(("happened_at" at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')) as text) || ':' || replace(to_char(("happened_at" at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z') as current_key from "shop"."marketing"."vips" where "id" is not null and "happened_at" is not null) as members where members.current_key = member_key)
;

insert into "shop"."marketing"."tailrace_segment_memberships" (segment, member_key, is_member, entered_at, left_at)
        select 'vips', members.current_key, true, (current_timestamp at time zone 'UTC'), null
        from (select distinct cast(length(cast("id" as text)) as text) || ':' || cast("id" as text) || '|' || cast(length(replace(to_char(("happened_at" at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')) as text) || ':' || replace(to_char(("happened_at" at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z') as current_key from "shop"."marketing"."vips" where "id" is not null and "happened_at" is not null) as members
        left join "shop"."marketing"."tailrace_segment_memberships" as known
            on known.segment = 'vips' and known.member_key = members.current_key
        where known.member_key is null
;
