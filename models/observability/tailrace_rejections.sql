with

open_rejections as (

    select
        activation,
        relation,
        operation,
        code,
        reason,
        record_key,
        rejected_at
    from {{ source('tailrace', 'tailrace_rejected_rows') }}
    where resolved_at is null

),

activations as (

    select
        relation,
        destination,
        service
    from {{ source('tailrace', 'tailrace_activations') }}

)

select
    open_rejections.activation,
    open_rejections.relation,
    activations.destination,
    activations.service,
    open_rejections.operation,
    open_rejections.code,
    open_rejections.reason,
    count(distinct open_rejections.record_key) as rejected_rows,
    count(*) as attempts,
    min(open_rejections.rejected_at) as first_rejected_at,
    max(open_rejections.rejected_at) as last_rejected_at,
    min(open_rejections.record_key) as example_record_key
from open_rejections
left join activations
    on open_rejections.relation = activations.relation
group by
    open_rejections.activation,
    open_rejections.relation,
    activations.destination,
    activations.service,
    open_rejections.operation,
    open_rejections.code,
    open_rejections.reason
