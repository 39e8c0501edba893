with

activations as (

    select
        activation,
        relation,
        destination,
        service,
        sync_mode,
        run_type,
        delta_id,
        registered_at,
        model_rows,
        synced_rows,
        insert_rows,
        update_rows,
        delete_rows,
        insert_rows + update_rows + delete_rows as planned_rows,
        invalid_rows,
        duplicate_rows,
        resting_rows,
        late_rows,
        waiting_rows,
        warnings,
        hold_reason,
        approved_at,
        approved_by,
        lease_holder,
        lease_heartbeat_at,
        removed_at
    from {{ source('tailrace', 'tailrace_activations') }}

),

settled_deltas as (

    select
        relation,
        delta_id,
        cast(sum(acknowledged) as {{ dbt.type_bigint() }}) as settled_rows,
        cast(
            sum(case when sending > acknowledged then sending - acknowledged else 0 end)
            as {{ dbt.type_bigint() }}
        ) as in_doubt_rows
    from {{ source('tailrace', 'tailrace_watermarks') }}
    group by relation, delta_id

),

rejected_deltas as (

    select
        relation,
        delta_id,
        count(*) as rejected_rows
    from {{ source('tailrace', 'tailrace_rejected_rows') }}
    group by relation, delta_id

),

circuits as (

    select
        relation,
        failures,
        cause,
        reason,
        paused_at,
        paused_by
    from {{ source('tailrace', 'tailrace_circuits') }}

),

runs as (

    select
        relation,
        run_id,
        status,
        started_at,
        row_number() over (partition by relation order by started_at desc, run_id asc) as place
    from {{ source('tailrace', 'tailrace_runs') }}

)

select
    activations.activation,
    activations.relation,
    activations.destination,
    activations.service,
    activations.sync_mode,
    activations.run_type,
    activations.delta_id,
    activations.registered_at,
    activations.model_rows,
    activations.synced_rows,
    activations.insert_rows,
    activations.update_rows,
    activations.delete_rows,
    activations.planned_rows,
    coalesce(settled_deltas.settled_rows, 0) as settled_rows,
    activations.planned_rows - coalesce(settled_deltas.settled_rows, 0) as open_rows,
    coalesce(settled_deltas.in_doubt_rows, 0) as in_doubt_rows,
    coalesce(rejected_deltas.rejected_rows, 0) as rejected_rows,
    case
        when activations.planned_rows = 0 then 100
        -- Rounded down, so that 100 means all.
        else floor(100.0 * coalesce(settled_deltas.settled_rows, 0) / activations.planned_rows)
    end as progress_percent,
    activations.invalid_rows,
    activations.duplicate_rows,
    activations.resting_rows,
    activations.late_rows,
    activations.waiting_rows,
    activations.warnings,
    activations.hold_reason is not null and activations.approved_at is null as is_held,
    activations.hold_reason,
    activations.approved_at,
    activations.approved_by,
    circuits.paused_at is not null as is_paused,
    circuits.paused_at,
    circuits.paused_by,
    coalesce(circuits.failures, 0) as failures_in_a_row,
    circuits.cause as failure_cause,
    circuits.reason as failure_reason,
    -- A runner that gave no sign of life for so long has lost its lease.
    activations.lease_holder is not null
    and activations.lease_holder not like 'build %'
    and activations.lease_heartbeat_at
    >= {{ tailrace.seconds_before(tailrace.now_utc(), tailrace.lease_seconds()) }} as is_sending,
    runs.run_id as last_run_id,
    runs.status as last_run_status,
    runs.started_at as last_run_at,
    activations.removed_at
from activations
left join settled_deltas
    on
        activations.relation = settled_deltas.relation
        and activations.delta_id = settled_deltas.delta_id
left join rejected_deltas
    on
        activations.relation = rejected_deltas.relation
        and activations.delta_id = rejected_deltas.delta_id
left join circuits
    on activations.relation = circuits.relation
left join runs
    on
        activations.relation = runs.relation
        and runs.place = 1
