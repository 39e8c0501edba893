{% macro write_registration(built, columns) -%}
    {{ return(adapter.dispatch('write_registration', 'tailrace')(built, columns)) }}
{%- endmacro %}

{% macro default__write_registration(built, columns) -%}
    {%- set holder = tailrace.string_literal(tailrace.build_lease_holder()) -%}
    merge into {{ tailrace.control_relation('tailrace_activations') }} as registered
    using (
        {{ built }}
    ) as built
    on registered.relation = built.relation
    when matched and registered.lease_holder = {{ holder }} then update set
        {%- for name in columns if name != 'relation' %}
        {{ name }} = built.{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    when not matched then insert
        ({{ columns | join(', ') }}, lease_holder, lease_heartbeat_at)
        values (
            {%- for name in columns %}built.{{ name }}, {% endfor -%}
            {{ holder }}, built.registered_at
        )
{%- endmacro %}

{#-
  MERGE reads no subquery here and takes no further condition, so it is asked first which of the two
  statements is needed. An overtaken build changes nothing by either. An update must be joined to what it reads by
  a column of its own, so what was built takes one along, and no planner may see that it is a constant.
-#}
{% macro redshift__write_registration(built, columns) -%}
    {%- set holder = tailrace.string_literal(tailrace.build_lease_holder()) -%}
    {%- set registrations = tailrace.control_relation('tailrace_activations') -%}
    {%- set registered = 'relation = ' ~ tailrace.string_literal(this) -%}
    {%- if tailrace.registered() %}
    update {{ registrations }}
    set
        {%- for name in columns if name != 'relation' %}
        {{ name }} = built.{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select counted.*, known.relation as _known
        from (
            {{ built }}
        ) as counted
        inner join {{ registrations }} as known on known.relation || '' = counted.relation
    ) as built
    where {{ registrations.identifier }}.relation = built._known and {{ registrations.identifier }}.lease_holder = {{ holder }}
    {%- else %}
    insert into {{ registrations }}
        ({{ columns | join(', ') }}, lease_holder, lease_heartbeat_at)
    select
        {%- for name in columns %} built.{{ name }},{% endfor %}
        {{ holder }}, built.registered_at
    from (
        {{ built }}
    ) as built
    where not exists (select 1 from {{ registrations }} as others where others.{{ registered }})
    {%- endif -%}
{%- endmacro %}
