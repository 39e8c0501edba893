{#-
  Events: each key that the synced state does not hold is sent once, unless it is older than `lookback`. One that
  is older than `max_age` is invalid, and one that is younger than `min_age` waits for a later build.
-#}
{% macro diff_events(rows, synced, settings, mapping, columns) -%}
{%- set event_time = tailrace.event_time(settings, columns) -%}
{%- set ages = [tailrace.not_late(settings, columns, synced), tailrace.old_enough(settings, columns)] -%}
{%- if columns is not none and not event_time and (settings.get('max_age') is not none or settings.get('min_age') is not none) -%}
    {{ tailrace.fail('max_age and min_age need the time of an event; map a date or timestamp to the attribute time.') }}
{%- endif -%}
{%- set reason = '_invalid_reason' -%}
{%- if event_time and settings.get('max_age') is not none -%}
    {%- set oldest = tailrace.seconds_before(tailrace.now_utc(), settings.max_age) -%}
    {%- set reason = "coalesce(_invalid_reason, case when model_row._event_time < " ~ oldest ~ " then 'older than max_age' end)" -%}
{%- endif -%}
{{ tailrace.key_rows(rows, settings, mapping, ages | select | join(' and '), event_time or 'cast(null as ' ~ tailrace.timestamp_type() ~ ')') }}

operations as (
    select
        {%- for column in mapping.columns %}
        model_row.{{ column }},
        {%- endfor %}
        model_row._record_key,
        {{ tailrace.record_identifiers(mapping) }} as _identifiers,
        model_row._hash as _row_hash,
        {% if reason == '_invalid_reason' %}model_row._invalid_reason{% else %}{{ reason }} as _invalid_reason{% endif %},
        model_row._event_time,
        case when {{ reason }} is null then 'insert' else 'invalid' end as _operation
    from checked_rows as model_row
    left join {{ synced }} as synced_row on synced_row._record_key = model_row._record_key
    where synced_row._record_key is null or model_row._invalid_reason is not null
),
{%- endmacro %}
