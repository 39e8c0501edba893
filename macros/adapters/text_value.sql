{% macro text_value(expression, category) -%}
    {{ return(adapter.dispatch('text_value', 'tailrace')(expression, category)) }}
{%- endmacro %}

{#- A value as text for keys and identifiers: the same in every session, whatever its time zone. -#}
{% macro default__text_value(expression, category) -%}
    {%- if category in ('timestamp', 'timestamptz') -%}
        {{ return(tailrace.iso_timestamp(expression, category)) }}
    {%- endif -%}
    {{ return('cast(' ~ expression ~ ' as ' ~ tailrace.text_type() ~ ')') }}
{%- endmacro %}

{#- The engine's text of a whole float has no fraction, which it gets here as on other engines. -#}
{% macro postgres__text_value(expression, category) -%}
    {%- if category == 'float' -%}
        {%- set text = 'cast(' ~ expression ~ ' as text)' -%}
        {{ return(text ~ ' || case when ' ~ text ~ " ~ '^-?[0-9]+$' then '.0' else '' end") }}
    {%- endif -%}
    {{ return(tailrace.default__text_value(expression, category)) }}
{%- endmacro %}

{#- Without a format, dates, times and bytes follow the session; a whole float gets its fraction, as elsewhere. -#}
{% macro snowflake__text_value(expression, category) -%}
    {%- if category == 'date' -%}
        {{ return('to_char(' ~ expression ~ ", 'YYYY-MM-DD')") }}
    {%- elif category == 'time' -%}
        {%- set timestamp = "timestamp_ntz_from_parts(cast('1970-01-01' as date), " ~ expression ~ ')' -%}
        {{ return('rtrim(rtrim(to_char(' ~ timestamp ~ ", 'HH24:MI:SS.FF6'), '0'), '.')") }}
    {%- elif category == 'float' -%}
        {{ return('regexp_replace(cast(' ~ expression ~ " as varchar), '^(-?[0-9]+)$', " ~ tailrace.string_literal('\\1.0') ~ ')') }}
    {%- elif category == 'binary' -%}
        {{ return('hex_encode(' ~ expression ~ ')') }}
    {%- endif -%}
    {{ return(tailrace.default__text_value(expression, category)) }}
{%- endmacro %}

{#- A boolean has no cast to text, and the one of SUPER gives null. -#}
{% macro redshift__text_value(expression, category) -%}
    {%- if category == 'boolean' -%}
        {{ return('case when ' ~ expression ~ " then 'true' when not " ~ expression ~ " then 'false' end") }}
    {%- elif category == 'json' -%}
        {{ return(tailrace.json_document(expression)) }}
    {%- elif category == 'binary' -%}
        {{ return('case when octet_length(' ~ expression ~ ') <= 32767 then from_varbyte(' ~ expression ~ ", 'hex') end") }}
    {%- endif -%}
    {{ return(tailrace.postgres__text_value(expression, category)) }}
{%- endmacro %}

{#- A whole float gets its fraction, as elsewhere, and a time as many digits as it needs: a cast writes none, three or six. -#}
{% macro bigquery__text_value(expression, category) -%}
    {%- if category == 'float' -%}
        {{ return('regexp_replace(cast(' ~ expression ~ " as string), '^(-?[0-9]+)$', " ~ tailrace.string_literal('\\1.0') ~ ')') }}
    {%- elif category == 'time' -%}
        {{ return("rtrim(rtrim(format_time('%H:%M:%E6S', " ~ expression ~ "), '0'), '.')") }}
    {%- elif category == 'geography' -%}
        {{ return('st_astext(' ~ expression ~ ')') }}
    {%- endif -%}
    {{ return(tailrace.default__text_value(expression, category)) }}
{%- endmacro %}

{#-
  A decimal below a millionth comes with an exponent, as 1.50E-7 or 0E-10. A float has one as 1.0E7 from ten
  million and below a thousandth; elsewhere from 10^16 and below a ten-thousandth, and as 1e+16.
-#}
{% macro spark__text_value(expression, category) -%}
    {%- if category == 'float' -%}
        {%- set text = 'cast(' ~ expression ~ ' as string)' -%}
        {%- set exponent = 'cast(split_part(' ~ text ~ ", 'E', 2) as integer)" -%}
        {%- set digits = 'cast(cast(' ~ text ~ ' as decimal(38, 22)) as string)' -%}
        {{ return(
            'case when instr(' ~ text ~ ", 'E') = 0 then " ~ text ~ ' when ' ~ exponent ~ ' between -4 and 15 then regexp_replace('
            ~ digits ~ ', ' ~ tailrace.string_literal('([.][0-9]+?)0*$') ~ ', ' ~ tailrace.string_literal('$1')
            ~ ') else regexp_replace(split_part(' ~ text ~ ", 'E', 1), " ~ tailrace.string_literal('[.]0$')
            ~ ", '') || 'e' || format_string('%+03d', " ~ exponent ~ ') end'
        ) }}
    {%- endif -%}
    {%- if category == 'decimal' -%}
        {%- set text = 'cast(abs(' ~ expression ~ ') as string)' -%}
        {%- set zeros = "repeat('0', -cast(split_part(" ~ text ~ ", 'E', 2) as integer) - 1)" -%}
        {{ return(
            'case when instr(' ~ text ~ ", 'E') > 0 then case when " ~ expression ~ " < 0 then '-' else '' end || '0.' || "
            ~ zeros ~ ' || replace(split_part(' ~ text ~ ", 'E', 1), '.', '') else cast(" ~ expression ~ ' as string) end'
        ) }}
    {%- endif -%}
    {{ return(tailrace.default__text_value(expression, category)) }}
{%- endmacro %}
