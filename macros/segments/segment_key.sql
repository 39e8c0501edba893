{#-
  The primary key that a segment names in `config.meta.primary_key`, as a list of columns; empty, with a
  warning, where it names none.
-#}
{% macro segment_key(node) -%}
    {%- set key = node.config.get('meta', {}).get('primary_key') -%}
    {%- if key is string -%}
        {{ return([key]) }}
    {%- elif key -%}
        {{ return(key | list) }}
    {%- endif -%}
    {%- do exceptions.warn(
        'Segment ' ~ node.name ~ ': its memberships are not kept, since it names no primary key; add ' ~
        "meta = {'primary_key': 'the_column'} to its config."
    ) -%}
    {{ return([]) }}
{%- endmacro %}
