{#-
  What changed of the activation itself since its last delta that was free to be sent: `warning` (a text or
  none), `holds` (reasons to hold the delta if it inserts), `moved_from` (where it sent before, if elsewhere),
  `lost` and `unregistered` (whether its last delta, or its registration, was lost, and nobody has approved a
  delta since) and `base`, what it was compared with. A held delta was not sent, so the next build is compared with the same.
-#}
{% macro drift(settings) -%}
    {%- set before = tailrace.registered() -%}
    {%- set base = before.base if before else none -%}
    {%- set here = tailrace.sent_to(settings) -%}
    {%- set old_key = base['keys'].get(here) if base else none -%}
    {%- set sends = settings.run_type != 'baseline' -%}
    {%- set events = sends and settings.sync_mode == 'incremental' -%}
    {%- set held = (before.hold_reason if before else none) or '' -%}
    {%- set found = {
        'warning': none, 'holds': [], 'moved_from': none, 'base': base,
        'lost': sends and tailrace.lost_delta() in held,
        'unregistered': sends and (before is none or tailrace.lost_registration() in held),
    } -%}
    {%- if base and base.sent_to != here -%}
        {%- do found.update(moved_from=base.sent_to, warning='it was sent to ' ~ base.sent_to ~ ' before, where everything stays as it is') -%}
    {%- endif -%}
    {%- if old_key is none and events -%}
        {%- for old_name in tailrace.former_names(settings) -%}
            {%- do found.holds.append('it is new here, and ' ~ old_name ~ ', which sent events to the same place, is no longer in the project: if this is the same activation under a new name, the config alias=' ~ "'" ~ old_name ~ "'" ~ ' keeps its history, else events may be sent twice') -%}
        {%- endfor -%}
    {%- elif old_key is not none and old_key != settings.primary_key -%}
        {%- set change = 'its primary key changed from ' ~ old_key | join(', ') ~ ' to ' ~ settings.primary_key | join(', ') -%}
        {%- if events -%}
            {%- do found.holds.append(change ~ ', so events that were sent are planned again') -%}
        {%- else -%}
            {%- do found.update(warning=change ~ ', so every record is written again') -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}
