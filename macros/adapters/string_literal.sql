{% macro string_literal(text) -%}
    {{ return(adapter.dispatch('string_literal', 'tailrace')(text)) }}
{%- endmacro %}

{% macro default__string_literal(text) -%}
    {{ return("'" ~ (text | string | replace("'", "''")) ~ "'") }}
{%- endmacro %}

{#- A backslash begins an escape here. -#}
{% macro snowflake__string_literal(text) -%}
    {{ return(tailrace.default__string_literal(text | string | replace('\\', '\\\\'))) }}
{%- endmacro %}

{#- A backslash in a literal escapes what follows it. -#}
{% macro redshift__string_literal(text) -%}
    {{ return(tailrace.default__string_literal(text | string | replace('\\', '\\\\'))) }}
{%- endmacro %}

{#- A quote is escaped by a backslash too, and no line may break. -#}
{% macro bigquery__string_literal(text) -%}
    {{ return(tailrace._escaped_literal(text)) }}
{%- endmacro %}

{#- What ${...} names is put in before a statement is read, even inside of quotes. -#}
{% macro spark__string_literal(text) -%}
    {{ return(tailrace._escaped_literal(text) | replace('$', '\\u0024')) }}
{%- endmacro %}

{% macro _escaped_literal(text) -%}
    {%- set escaped = text | string | replace('\\', '\\\\') | replace("'", "\\'") | replace('\n', '\\n') | replace('\r', '\\r') -%}
    {{ return("'" ~ escaped ~ "'") }}
{%- endmacro %}
