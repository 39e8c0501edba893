{#- Why the delta must not be sent before a person approves it: a text with every reason, or null. -#}
{% macro guard_holds(settings, drift) -%}
    {%- set guards = settings.guards -%}
    {%- set text = tailrace.text_type() -%}
    nullif(substring(
        case
            when delete_share > {{ guards.max_delete_share }} and delete_rows > {{ guards.max_delete_rows }}
                then '; it would delete ' || cast(delete_rows as {{ text }}) || ' of ' || cast(synced_rows as {{ text }})
                    || ' synced rows, more than max_delete_share ({{ guards.max_delete_share }} %) and max_delete_rows ({{ guards.max_delete_rows }}) allow'
            else ''
        end
        {%- if guards.empty_model == 'hold' %}
        || case
            when model_rows = 0 and synced_rows > 0
                then '; the model is empty while ' || cast(synced_rows as {{ text }})
                    || case when synced_rows = 1 then ' row is' else ' rows are' end || ' synced'
            else ''
        end
        {%- endif %}
        || case
            when duplicate_share > 0 and duplicate_share >= {{ guards.max_duplicate_share }}
                then '; ' || cast(duplicate_rows as {{ text }}) || ' rows have duplicate keys, at or above max_duplicate_share ({{ guards.max_duplicate_share }} %)'
            else ''
        end
        || case
            when invalid_share > {{ guards.max_invalid_share }}
                then '; ' || cast(invalid_rows - duplicate_rows as {{ text }})
                    || case when invalid_rows - duplicate_rows = 1 then ' row is' else ' rows are' end || ' invalid, more than max_invalid_share ({{ guards.max_invalid_share }} %)'
            else ''
        end
        {%- for hold in drift.holds %}
        || case when insert_rows > 0 then {{ tailrace.string_literal('; ' ~ hold) }} else '' end
        {%- endfor %}
        || {{ tailrace.lasting_holds(drift) }}
        {%- if drift.moved_from %}
        || case
            when delete_rows > 0
                then {{ tailrace.string_literal('; it was sent to ' ~ drift.moved_from ~ ' before, came back, and would delete ') }} || cast(delete_rows as {{ text }})
                    || case when delete_rows = 1 then ' row' else ' rows' end || ' here'
            else ''
        end
        {%- endif %},
        3
    ), '')
{%- endmacro %}
