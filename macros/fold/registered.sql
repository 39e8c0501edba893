{#-
  What is registered of the activation being built, before this build registers its own: delta_id,
  lease_holder, lease_seconds, sync_mode, hold_reason (none once approved) and `base`: where its last delta
  with something to send, and free to be sent, went (`sent_to`), and by target the primary key of the last
  such delta (`keys`). None at its first build.
-#}
{% macro registered() -%}
    {%- if not execute -%}{{ return(none) }}{%- endif -%}
    {%- set found = run_query(
        'select delta_id, lease_holder, sync_mode, sent_to, settings, case when approved_at is null then hold_reason end, '
        ~ 'insert_rows + update_rows + delete_rows from ' ~ tailrace.control_relation('tailrace_activations')
        ~ ' where relation = ' ~ tailrace.string_literal(this)
    ) -%}
    {%- for row in found.rows -%}
        {%- set settings = fromjson(row[4]) -%}
        {%- set base = settings.base -%}
        {%- if row[5] is none and row[6] > 0 -%}
            {%- set keys = dict(base['keys'] if base else {}) -%}
            {%- do keys.update({row[3]: settings.primary_key}) -%}
            {%- set base = {'sent_to': row[3], 'keys': keys} -%}
        {%- endif -%}
        {{ return({
            'delta_id': row[0], 'lease_holder': row[1], 'sync_mode': row[2], 'hold_reason': row[5],
            'lease_seconds': settings.lease_seconds, 'base': base,
        }) }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}
