with

runs as (

    select
        run_id,
        activation,
        relation,
        delta_id,
        status,
        started_at,
        finished_at,
        -- What dbt makes of this is one long line.
        {{ tailrace.seconds_between('started_at', 'finished_at') }} as duration_seconds,  -- noqa: LT05
        requests,
        retries,
        insert_rows,
        update_rows,
        delete_rows,
        acknowledged_rows,
        rejected_rows,
        acknowledged_rows + rejected_rows as settled_rows,
        exit_code,
        cause,
        message,
        runner_version
    from {{ source('tailrace', 'tailrace_runs') }}

),

activations as (

    select
        relation,
        destination,
        service
    from {{ source('tailrace', 'tailrace_activations') }}

)

select
    runs.run_id,
    runs.activation,
    runs.relation,
    activations.destination,
    activations.service,
    runs.delta_id,
    runs.status,
    runs.started_at,
    runs.finished_at,
    runs.duration_seconds,
    runs.requests,
    runs.retries,
    runs.insert_rows,
    runs.update_rows,
    runs.delete_rows,
    runs.acknowledged_rows,
    runs.rejected_rows,
    100.0 * runs.rejected_rows / nullif(runs.settled_rows, 0) as rejected_percent,
    runs.exit_code,
    runs.cause,
    runs.message,
    runs.runner_version
from runs
left join activations
    on runs.relation = activations.relation
