{#-
  Records and memberships: rows are matched by key and hash first, which leaves only what may differ;
  those are compared attribute by attribute with what the synced state holds for their identifier.
-#}
{% macro diff_records(rows, synced, settings, mapping) -%}
{%- set full = settings.run_type == 'full' or flags.FULL_REFRESH -%}
{%- set mode = settings.sync_mode -%}
{%- set deletes = mode == 'membership' or (mode == 'mirror' and settings.on_leave != 'ignore') -%}
{{ tailrace.key_rows(rows, settings, mapping, none, 'cast(null as ' ~ tailrace.timestamp_type() ~ ')') }}

unmatched_rows {{ tailrace.kept_step() }} (
    select
        model_row.*,
        synced_row._record_key as _synced_key,
        synced_row._row_hash as _synced_hash
    from (
        select checked_rows.*, 1 as _present, case when _invalid_reason is null then _hash end as _match_hash
        from {{ tailrace.worked_out('checked_rows') }}
    ) as model_row
    full outer join {{ synced }} as synced_row
        on {{ tailrace.same_key('model_row._record_key', 'synced_row._record_key') }} and model_row._match_hash = synced_row._row_hash
    {%- if not full %}
    where model_row._present is null or synced_row._record_key is null
        {%- if settings.refresh_after %} or {{ tailrace.refresh_due('synced_row', settings.refresh_after) }}{% endif %}
    {%- endif %}
),

synced_rows as (
    select
        synced_row._record_key,
        synced_row._identifiers,
        synced_row._attributes,
        synced_row._row_hash,
        synced_row._status,
        unmatched_rows._present as _matched
    from {{ tailrace.sought_rows(synced) }} as synced_row
    inner join unmatched_rows
        on unmatched_rows._synced_key = synced_row._record_key and unmatched_rows._synced_hash = synced_row._row_hash
),

compared_rows as (
    select
        {%- for column in mapping.columns %}
        model_row.{{ column }},
        {%- endfor %}
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
        {{ 'true' if full else 'synced_rows._matched is not null' }} as _again
    from (
        select model_row.*, {{ tailrace.record_identifiers(mapping) }} as _identifiers
        from unmatched_rows as model_row
        where model_row._present is not null
    ) as model_row
    left join synced_rows
        on synced_rows._identifiers = model_row._identifiers and model_row._invalid_reason is null
),

{%- if mapping.attributes %}

changed_rows as (
    select
        {%- for column in mapping.columns %}
        {{ column }},
        {%- endfor %}
        {%- for attribute in mapping.attributes %}
        case
            when _synced_attributes is not null then {{ tailrace.attribute_changed(attribute, attribute.compared, settings.nulls) }}
        end as {{ attribute.changed }},
        {%- endfor %}
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
            model_row.*
            {%- for attribute in mapping.attributes %},
            case when _synced_attributes is not null then {{ tailrace.rendered_value(attribute) }} end as {{ attribute.compared }}
            {%- endfor %}
        from compared_rows as model_row
    ) as model_row
),
{%- endif %}

classified_rows as (
    select
        model_row.*,
        case
            when _invalid_reason is not null then 'invalid'
            when not _known then '{{ 'update' if mode == 'update' else 'insert' }}'
            when _again then '{{ 'insert' if mode in ('insert', 'membership') else 'update' }}'
            {%- if mode != 'insert' %}
            {%- for attribute in mapping.attributes %}
            when {{ attribute.changed }} then 'update'
            {%- endfor %}
            {%- endif %}
        end as _operation
    from {{ 'changed_rows' if mapping.attributes else 'compared_rows' }} as model_row
),
{% if deletes %}
left_rows as (
    {{- tailrace.left_rows(mapping) }}
),
{% endif %}
operations as (
    select *
    from classified_rows
    {%- if deletes %}

    union all

    select
        {%- for column in mapping.columns %}
        null as {{ column }},
        {%- endfor %}
        {%- for attribute in mapping.attributes %}
        false as {{ attribute.changed }},
        {%- endfor %}
        _record_key,
        _identifiers,
        _row_hash,
        cast(null as {{ tailrace.text_type() }}) as _invalid_reason,
        cast(null as {{ tailrace.timestamp_type() }}) as _event_time,
        {{ '_attributes' if mode == 'mirror' and settings.on_leave == 'unset' else 'cast(null as ' ~ tailrace.text_type() ~ ')' }} as _synced_attributes,
        false as _certain,
        false as _known,
        false as _again,
        'delete' as _operation
    from left_rows
    {%- endif %}
),
{%- endmacro %}
