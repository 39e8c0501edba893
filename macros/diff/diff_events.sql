{#- Events: each key that the synced state does not hold is sent once, unless it is older than `lookback`. -#}
{% macro diff_events(rows, synced, settings, mapping, columns) -%}
{%- set event_time = tailrace.event_time(settings, columns) -%}
{%- set not_late = tailrace.not_late(settings, columns, synced) -%}
{{ tailrace.key_rows(rows, settings, mapping, not_late, event_time or 'cast(null as ' ~ tailrace.timestamp_type() ~ ')') }}

rendered_rows as (
    select
        {{- tailrace.rendered_row(mapping) }}
    from checked_rows as model_row
    left join {{ synced }} as synced_row on synced_row._record_key = model_row._record_key
    where synced_row._record_key is null or model_row._invalid_reason is not null
),

operations as (
    select
        {%- for column in mapping.columns %}
        {{ column }},
        {%- endfor %}
        _record_key,
        _identifiers,
        _row_hash,
        _invalid_reason,
        _event_time,
        case when _invalid_reason is null then 'insert' else 'invalid' end as _operation,
        {% set parts = [] -%}
        {%- for attribute in mapping.attributes -%}
            {%- do parts.append("coalesce(',' || " ~ tailrace.attribute_line(attribute.name, attribute.value) ~ ", '')") -%}
        {%- endfor -%}
        {{ tailrace.json_object(parts) }} as _payload,
        cast(null as {{ tailrace.text_type() }}) as _changed,
        {{ tailrace.json_object([]) }} as _attributes
    from rendered_rows
),
{%- endmacro %}
