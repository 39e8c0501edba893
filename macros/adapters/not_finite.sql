{% macro not_finite(expression, category) -%}
    {{ return(adapter.dispatch('not_finite', 'tailrace')(expression, category)) }}
{%- endmacro %}

{#- A condition that is true for NaN and infinities, or none where the type has no such value. -#}
{% macro default__not_finite(expression, category) -%}
    {%- if category in ('float', 'date', 'timestamp', 'timestamptz') -%}
        {{ return('not isfinite(' ~ expression ~ ')') }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{#- JSON may hold NaN and Infinity as bare words here, which no other reader takes: look for them outside of strings. -#}
{% macro duckdb__not_finite(expression, category) -%}
    {%- if category in ('nested', 'json') -%}
        {%- set without_strings = "regexp_replace(cast(to_json(" ~ expression ~ ") as varchar), '\"(\\\\.|[^\"\\\\])*\"', '', 'g')" -%}
        {{ return('regexp_matches(' ~ without_strings ~ ", 'NaN|Infinity')") }}
    {%- endif -%}
    {{ return(tailrace.default__not_finite(expression, category)) }}
{%- endmacro %}

{#- numeric can be NaN and infinite too; isfinite() knows dates and timestamps alone. -#}
{% macro postgres__not_finite(expression, category) -%}
    {%- if category in ('float', 'decimal') -%}
        {{ return('cast(' ~ expression ~ " as text) in ('NaN', 'Infinity', '-Infinity')") }}
    {%- elif category in ('date', 'timestamp', 'timestamptz') -%}
        {{ return('not isfinite(' ~ expression ~ ')') }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{#-
  Dates and timestamps are finite here. What to_json writes as bare words other than true, false and null
  (undefined is a null inside of an array) no other reader takes.
-#}
{% macro snowflake__not_finite(expression, category) -%}
    {%- if category == 'float' -%}
        {{ return('lower(cast(' ~ expression ~ " as varchar)) in ('nan', 'inf', '-inf')") }}
    {%- elif category == 'json' -%}
        {%- set bare = 'lower(' ~ tailrace._without_texts(tailrace.json_document(expression)) ~ ')' -%}
        {{ return('regexp_instr(' ~ bare ~ ", 'nan|inf|undefined') > 0") }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{#- Neither numbers of fixed digits nor dates have such a value here. -#}
{% macro redshift__not_finite(expression, category) -%}
    {%- if category == 'float' -%}
        {{ return('lower(cast(' ~ expression ~ ' as ' ~ tailrace.text_type() ~ ")) in ('nan', 'infinity', '-infinity', 'inf', '-inf')") }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{% macro bigquery__not_finite(expression, category) -%}
    {{ return('(is_nan(' ~ expression ~ ') or is_inf(' ~ expression ~ '))' if category == 'float' else none) }}
{%- endmacro %}

{% macro spark__not_finite(expression, category) -%}
    {{ return('(isnan(' ~ expression ~ ') or abs(' ~ expression ~ ") = double('Infinity'))" if category == 'float' else none) }}
{%- endmacro %}
