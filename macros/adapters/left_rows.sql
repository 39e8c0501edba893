{% macro left_rows(mapping) -%}
    {{ return(adapter.dispatch('left_rows', 'tailrace')(mapping)) }}
{%- endmacro %}

{#- Asked of the whole model: an engine that reads it anew for each step may find another row for a key then. -#}
{% macro default__left_rows(mapping) -%}
    {{ return(tailrace._unnamed_rows(mapping, 'checked_rows')) }}
{%- endmacro %}

{#- Steps are kept here, so rows that match the synced state exactly name nobody who left. -#}
{% macro duckdb__left_rows(mapping) -%}
    {{ return(tailrace._unnamed_rows(mapping, "(select * from unmatched_rows where _present is not null)")) }}
{%- endmacro %}

{% macro redshift__left_rows(mapping) -%}
    {{ return(tailrace.default__left_rows(mapping)) }}
{%- endmacro %}

{#-
  As on DuckDB, but by windows: PostgreSQL knows nothing of how many rows a step gives, and joins such
  steps row by row with each other, which takes hours where thousands left a million.
-#}
{% macro postgres__left_rows(mapping) -%}
    {%- set columns = '_record_key, _identifiers, _attributes, _row_hash, _status' -%}
    {%- set rows %}
    select {{ columns }}
    from (
        select
            named_rows.*,
            max(_named) over (partition by _identifiers) as _still_named,
            max(_invalid) over (partition by _record_key) as _key_invalid
        from (
            select {{ columns }}, 0 as _named, 0 as _invalid
            from synced_rows
            where _matched is null
            union all
            select
                _record_key, {{ tailrace.record_identifiers(mapping) }}, null, null, null, 1,
                case when _invalid_reason is null then 0 else 1 end
            from unmatched_rows as model_row
            where _present is not null and exists (select 1 from synced_rows where _matched is null)
        ) as named_rows
    ) as judged_rows
    where _named = 0 and _still_named = 0 and _key_invalid = 0
    {%- endset -%}
    {{ return(rows) }}
{%- endmacro %}

{% macro _unnamed_rows(mapping, model) -%}
    {%- set rows %}
    select synced_rows.*
    from synced_rows
    where _matched is null
        -- a record that a row of the model still names stays, even if that row is invalid
        and not exists (
            select 1 from {{ model }} as model_row
            where {{ tailrace.record_identifiers(mapping) }} = synced_rows._identifiers
        )
        -- an invalid row is not gone
        and not exists (
            select 1 from {{ model }} as model_row
            where model_row._record_key = synced_rows._record_key and model_row._invalid_reason is not null
        )
    {%- endset -%}
    {{ return(rows) }}
{%- endmacro %}
