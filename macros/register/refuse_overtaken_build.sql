{#- Stops a build whose lease another one took over: its delta is not registered. Runs a query, returns no SQL. -#}
{% macro refuse_overtaken_build() -%}
    {%- set registered = tailrace.registered() -%}
    {%- if registered and registered.delta_id != tailrace.delta_id() -%}
        {{ tailrace.fail('another build of it took over while this one went on; build it again, alone.') }}
    {%- endif -%}
{%- endmacro %}
