{#-
  The rows of the old delta that the destination acknowledged: those at or below their shard's watermark
  that were not rejected. With `in_doubt`, the rows between the two watermarks instead,
  and those that were refused after an earlier request which may have been taken.
-#}
{% macro settled_rows(delta, in_doubt=false) -%}
    select planned.*
    from {{ delta }} as planned
    inner join {{ tailrace.control_relation('tailrace_watermarks') }} as watermark
        on watermark.delta_id = planned._delta_id and watermark.shard = planned._shard
        -- a clone has its original's rows, and not its history
        and watermark.relation = {{ tailrace.string_literal(this) }}
    left join {{ tailrace.control_relation('tailrace_rejected_rows') }} as rejected
        on rejected.delta_id = planned._delta_id and rejected.shard = planned._shard and rejected.ordinal = planned._ordinal
    left join {{ tailrace.control_relation('tailrace_activations') }} as registered
        on registered.relation = watermark.relation
    where {{ '(rejected.delta_id is null or rejected.in_doubt)' if in_doubt else 'rejected.delta_id is null' }}
        -- a delta whose build died before its registration was never current, a baseline that is held
        -- records nothing, and a build that another one overtook folds nothing any more
        and (registered.relation is null or (
            registered.delta_id = planned._delta_id
            and coalesce(registered.lease_holder, '') = {{ tailrace.string_literal(tailrace.build_lease_holder()) }}
            and not (registered.run_type = 'baseline' and registered.hold_reason is not null and registered.approved_at is null)
        ))
        {%- if in_doubt %}
        and (planned._ordinal > coalesce(watermark.acknowledged, 0) or rejected.in_doubt) and planned._ordinal <= watermark.sending
        {%- else %}
        and planned._ordinal <= watermark.acknowledged
        {%- endif %}
{%- endmacro %}
