{#- A hash that was made before passes, in small letters; nothing is hashed where nothing is left. -#}
{% macro hash_unless_hashed(expression, normal) -%}
    {%- set given = 'lower(trim(cast(' ~ expression ~ ' as ' ~ tailrace.text_type() ~ ')))' -%}
    {{ return(
        'case when length(' ~ given ~ ') = 64 and length(' ~ tailrace.replaced(given, '[0-9a-f]', '') ~ ') = 0 then ' ~ given
        ~ ' when length(' ~ normal ~ ') > 0 then ' ~ tailrace.sha256(normal) ~ ' end'
    ) }}
{%- endmacro %}
