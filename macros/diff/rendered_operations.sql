{#-
  The last steps: what is planned is written as JSON text. Only now, since rows are numbered narrow: a sort that
  carries texts takes twice the time and the memory.
-#}
{% macro rendered_operations(settings, mapping) -%}
{%- set records = settings.sync_mode != 'incremental' -%}
{%- set inserted = [] -%}
{%- for attribute in mapping.attributes -%}
    {%- do inserted.append("coalesce(',' || " ~ tailrace.attribute_line(attribute.name, attribute.value) ~ ", '')") -%}
{%- endfor -%}
rendered_rows as (
    select
        model_row.*
        {%- for attribute in mapping.attributes %},
        {{ tailrace.rendered_value(attribute) }} as {{ attribute.value }}
        {%- endfor %}
    from numbered_rows as model_row
    {%- if records %}
    where _planned is not null
    {%- endif %}
)

select
    {{ tailrace.string_literal(tailrace.delta_id()) }} as _delta_id,
    _shard,
    _ordinal,
    _planned as _operation,
    _record_key,
    _identifiers,
    case
        when _ordinal is null then null
        {%- if records %}
        when _operation = 'delete' then {{ tailrace.leaving_payload(mapping, settings) }}
        when _synced_attributes is not null then {{ tailrace.payload(mapping) }}
        {%- endif %}
        else {{ tailrace.json_object(inserted) }}
    end as _payload,
    {%- if records %}
    {{ tailrace.changed_names(mapping) }} as _changed,
    {%- else %}
    cast(null as {{ tailrace.text_type() }}) as _changed,
    {%- endif %}
    _invalid_reason,
    _row_hash,
    {%- if records %}
    case
        when _synced_attributes is not null and _operation <> 'delete' then {{ tailrace.acknowledged_attributes(mapping, settings.nulls) }}
    end as _attributes,
    {%- else %}
    {{ tailrace.json_object([]) }} as _attributes,
    {%- endif %}
    _event_time
    {%- for column in mapping.columns %},
    {{ column }}
    {%- endfor %}
from rendered_rows
{%- endmacro %}
