{#- When an event happened, as a UTC timestamp: the column mapped to `time`; none if it is not a date or timestamp. -#}
{% macro event_time(settings, columns) -%}
    {%- set written = (settings.attributes or {}).get('time') -%}
    {%- if written is none or columns is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set column = tailrace.mapped_columns(settings, columns)[written] -%}
    {%- if column.category not in ('date', 'timestamp', 'timestamptz') -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(tailrace.utc_timestamp('model_row.' ~ tailrace.quote_name(column.name), column.category)) }}
{%- endmacro %}
