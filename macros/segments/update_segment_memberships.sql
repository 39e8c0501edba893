{#-
  Brings the memberships of every segment that this invocation built up to date, at its end. Nothing is
  touched under --empty and --sample, whose rows are not the segment's.
-#}
{% macro update_segment_memberships(results) -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'retry') and not tailrace.nothing_planned() -%}
        {%- for result in results if tailrace._is_built_segment(result) -%}
            {%- set key = tailrace.segment_key(result.node) -%}
            {%- if key -%}
                {{ tailrace._update_one_segment(result.node, key) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro _is_built_segment(result) -%}
    {%- set node = result.node -%}
    {{ return(result.status == 'success' and node.resource_type == 'model' and 'segment' in node.tags) }}
{%- endmacro %}

{#- Who left, who came back, who is new: in one transaction, so that nobody reads half of it. -#}
{% macro _update_one_segment(node, key) -%}
    {%- set memberships = tailrace.control_relation('tailrace_segment_memberships') -%}
    {%- set segment = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
    {%- set members = tailrace.segment_members_sql(segment, key) -%}
    {%- set name = tailrace.string_literal(node.name) -%}
    {%- set present = 'select 1 from (' ~ members ~ ') as members where members.current_key = member_key' -%}
    {%- set known_by = ['segment', 'member_key', 'is_member'] -%}
    {%- call statement('segment_left', auto_begin=true) -%}
        {{ tailrace.update_rows(
            memberships, known_by, 'is_member = false, left_at = ' ~ tailrace.now_utc(),
            'segment = ' ~ name ~ ' and is_member and not exists (' ~ present ~ ')'
        ) }}
    {%- endcall -%}
    {%- call statement('segment_returned', auto_begin=true) -%}
        {{ tailrace.update_rows(
            memberships, known_by, 'is_member = true, entered_at = ' ~ tailrace.now_utc() ~ ', left_at = null',
            'segment = ' ~ name ~ ' and not is_member and exists (' ~ present ~ ')'
        ) }}
    {%- endcall -%}
    {%- call statement('segment_entered', auto_begin=true) -%}
        insert into {{ memberships }} (segment, member_key, is_member, entered_at, left_at)
        select {{ name }}, members.current_key, true, {{ tailrace.now_utc() }}, null
        from ({{ members }}) as members
        left join {{ memberships }} as known
            on known.segment = {{ name }} and known.member_key = members.current_key
        where known.member_key is null
    {%- endcall -%}
    {%- do adapter.commit() -%}
{%- endmacro %}
