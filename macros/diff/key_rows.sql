{#-
  The first steps of every diff: the keys that occur more than once, the identifiers that two keys share
  (records only: many events have one user), and each row of the model with the reason, if any, why it
  cannot be sent. `condition` leaves rows out before anything else (or is none).
-#}
{% macro key_rows(rows, settings, mapping, condition, event_time) -%}
{%- set records = settings.sync_mode != 'incremental' -%}
{#- Identifiers that hold the whole key cannot be shared by two keys. -#}
{%- set may_be_shared = records and mapping.key_columns | reject('in', mapping.identifier_columns) | list -%}
with
{{ tailrace.duplicate_keys(rows, mapping, condition) }}
{% if may_be_shared %}
shared_identifiers as (
    select
        {%- for column in mapping.identifier_columns %}
        {{ column }} as _identifier_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ rows }} as model_row
    where {{ (mapping.key_columns + mapping.identifier_columns) | unique | join(' is not null and ') }} is not null
    group by {{ mapping.identifier_columns | join(', ') }}
    having min({{ mapping.key }}) <> max({{ mapping.key }})
),
{% endif %}
checked_rows as (
    select
        {%- for column, carried in mapping.columns.items() %}
        {{ carried }}{{ ' as ' ~ column if carried != 'model_row.' ~ column }},
        {%- endfor %}
        {{ mapping.key }} as _record_key,
        {{ event_time }} as _event_time,
        {{ mapping.hash }} as _hash,
        case
            when {{ mapping.key }} is null then 'null key'
            when duplicate_keys._key_1 is not null then 'duplicate key'
            {%- for identifier in mapping.identifiers %}
            when coalesce({{ identifier.text }}, '') = '' then 'missing identifier'
            {%- endfor %}
            {%- if may_be_shared %}
            when shared_identifiers._identifier_1 is not null then 'identifier shared by two keys'
            {%- endif %}
            {%- for attribute in mapping.attributes %}
                {%- set not_finite = tailrace.not_finite(attribute.column, attribute.category) %}
                {%- if not_finite %}
            when {{ not_finite }} then {{ tailrace.string_literal(attribute.name ~ ' is not a finite value') }}
                {%- endif %}
            {%- endfor %}
            {%- set too_long = tailrace.too_long(mapping.attributes) %}
            {%- if too_long %}
            when {{ too_long }} then 'its values are too long'
            {%- endif %}
        end as _invalid_reason
    from {{ rows }} as model_row
    left join duplicate_keys
        on {% for column in mapping.key_columns %}{{ ' and ' if not loop.first }}duplicate_keys._key_{{ loop.index }} = {{ column }}{% endfor %}
    {%- if may_be_shared %}
    left join shared_identifiers
        on {% for column in mapping.identifier_columns %}{{ ' and ' if not loop.first }}shared_identifiers._identifier_{{ loop.index }} = {{ column }}{% endfor %}
    {%- endif %}
    {%- if condition %}
    where {{ condition }}
    {%- endif %}
),
{%- endmacro %}
