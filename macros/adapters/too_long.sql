{% macro too_long(attributes) -%}
    {{ return(adapter.dispatch('too_long', 'tailrace')(attributes)) }}
{%- endmacro %}

{#- A condition that is true where the values of a row are too long to be sent, or none where a text has no end. -#}
{% macro default__too_long(attributes) -%}
    {{ return(none) }}
{%- endmacro %}

{#-
  A text has at most 65,535 bytes, and that of a record in doubt holds the old values beside the new ones.
  The length is told before anything is written, each letter that is escaped counted as six bytes.
-#}
{% macro redshift__too_long(attributes) -%}
    {%- set letters = ["'x\"'"] -%}
    {%- for code in [92] + range(1, 32) | list -%}
        {%- do letters.append('chr(' ~ code ~ ')') -%}
    {%- endfor -%}
    {%- set lengths = ['0'] -%}
    {%- for attribute in attributes -%}
        {%- set name = tojson(attribute.name).encode('utf-8') | length + 6 -%}
        {%- if attribute.category == 'json' -%}
            {%- do lengths.append(name ~ ' + coalesce(json_size(' ~ attribute.column ~ '), 0)') -%}
        {%- elif attribute.category == 'binary' -%}
            {%- do lengths.append(name ~ ' + coalesce(octet_length(' ~ attribute.column ~ '), 0) * 2') -%}
        {%- elif attribute.category == 'text' -%}
            {%- set text = 'cast(' ~ attribute.column ~ ' as ' ~ tailrace.text_type() ~ ')' -%}
            {%- set plain = 'translate(' ~ text ~ ', ' ~ letters | join(' || ') ~ ", 'x')" -%}
            {%- do lengths.append(name ~ ' + coalesce(octet_length(' ~ text ~ ') + 5 * (length(' ~ text ~ ') - length(' ~ plain ~ ')), 0)') -%}
        {%- else -%}
            {%- do lengths.append(name + 64) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(lengths | join(' + ') ~ ' > 32000') }}
{%- endmacro %}
