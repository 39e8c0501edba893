{#- Google counts an address of its own without dots and without what follows a plus. -#}
{% macro hashed_email(expression, network='') -%}
    {%- set normal = 'lower(trim(cast(' ~ expression ~ ' as ' ~ tailrace.text_type() ~ ')))' -%}
    {%- if network == 'google' -%}
        {%- set domain = tailrace.replaced(normal, '^.*@', '') -%}
        {%- set own = tailrace.replaced(tailrace.replaced(tailrace.replaced(normal, '@.*$', ''), '[+].*$', ''), '[.]', '') -%}
        {%- set normal = (
            'case when ' ~ domain ~ " in ('gmail.com', 'googlemail.com') then " ~ own ~ " || '@' || " ~ domain ~ ' else ' ~ normal ~ ' end'
        ) -%}
    {%- endif -%}
    {{ return(tailrace.hash_unless_hashed(expression, normal)) }}
{%- endmacro %}
