{#-
  The old delta, if its watermarks or refusals say that there is something of it to fold; else none. A warehouse bills, scans
  or locks the whole synced state for a delete that finds no row, so none is issued.
-#}
{% macro settled_delta(in_doubt=false) -%}
    {%- if not execute -%}{{ return(none) }}{%- endif -%}
    {%- set query -%}
    select count(*)
    from {{ tailrace.control_relation('tailrace_watermarks') }} as watermark
    {%- if in_doubt %}
    left join {{ tailrace.control_relation('tailrace_rejected_rows') }} as rejected
        on rejected.delta_id = watermark.delta_id and rejected.shard = watermark.shard and rejected.in_doubt
    {%- endif %}
    where watermark.relation = {{ tailrace.string_literal(this) }}
        and {{ '(watermark.sending > coalesce(watermark.acknowledged, 0) or rejected.in_doubt)' if in_doubt else 'watermark.acknowledged > 0' }}
    {%- endset -%}
    {{ return(tailrace.old_delta() if run_query(query).columns[0].values()[0] else none) }}
{%- endmacro %}
