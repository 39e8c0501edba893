{#-
  Rows that a push may have sent without learning the outcome. An event is held back until a person
  decides, or given up; under `resend` it is left out, so that the diff plans it again. A record may hold
  its old values, the new ones or, after a delete, none: the synced state keeps both sets of attributes
  under a hash that no row has, so that the record is written in full again, or deleted if it left.
-#}
{% macro add_rows_in_doubt() -%}
    {%- set delta = tailrace.settled_delta(in_doubt=true) -%}
    {%- set settings = tailrace.own_settings() -%}
    {%- set events = settings.sync_mode == 'incremental' -%}
    {%- if delta and not (events and settings.in_doubt == 'resend') -%}
    {%- set synced = tailrace.synced_relation(this) -%}
    {%- set known_by = '_record_key' if events else '_identifiers' -%}
    {%- set new = 'coalesce(doubtful._attributes, doubtful._payload)' -%}
    insert into {{ synced }} ({{ tailrace.synced_columns() | join(', ') }})
    select
        doubtful._record_key,
        doubtful._identifiers,
        case
            when coalesce(earlier._attributes, '{}') = '{}' then {{ new }}
            when {{ new }} = '{}' then earlier._attributes
            else substring(earlier._attributes, 1, length(earlier._attributes) - 1) || ',' || substring({{ new }}, 2)
        end,
        {{ tailrace.row_hash('in doubt', ['doubtful._identifiers', 'doubtful._record_key']) }},
        '{{ 'skipped' if events and settings.in_doubt == 'skip' else 'in_doubt' }}',
        {{ tailrace.now_utc() }},
        doubtful._event_time,
        doubtful._delta_id,
        {{ tailrace.folded_to() }}
    from ({{ tailrace.settled_rows(delta, in_doubt=true) }}) as doubtful
    -- no subquery may stand in the condition of a join on every engine
    left join (select * from {{ synced }} as there where _sent_to = {{ tailrace.folded_to() }}) as earlier
        on earlier.{{ known_by }} = doubtful.{{ known_by }}
        and earlier._delta_id <> doubtful._delta_id
    where not exists (
        select 1
        from {{ synced }} as folded
        where folded.{{ known_by }} = doubtful.{{ known_by }}
            and folded._sent_to = {{ tailrace.folded_to() }}
            and folded._delta_id = doubtful._delta_id
    )
    {%- endif -%}
{%- endmacro %}
