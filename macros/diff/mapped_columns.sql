{#-
  The columns that the settings name, in order and each once, as a mapping of the name as written ->
  {'name', 'category'}. A column that the model lacks stops the build and names the nearest.
-#}
{% macro mapped_columns(settings, columns) -%}
    {%- set mapped = {} -%}
    {%- set wanted = settings.primary_key + settings.identifiers.values() | list + (settings.attributes or {}).values() | list -%}
    {%- for name in wanted if name not in mapped -%}
        {%- if name | lower in tailrace.package_columns() or modules.re.fullmatch('_(value|compared|changed|sent|key|identifier)_[0-9]+', name | lower) -%}
            {{ tailrace.fail('the column ' ~ tojson(name) ~ " has the name of one of the delta's own columns; rename it in the model.") }}
        {%- elif columns is none -%}
            {%- do mapped.update({name: {'name': tailrace.assumed_name(name), 'category': 'unknown'}}) -%}
        {%- elif name | lower in columns and columns[name | lower].alike -%}
            {{ tailrace.fail('its model has several columns that are called ' ~ tojson(name | lower) ~ ' but for the case of letters; rename all but one.') }}
        {%- elif name | lower in columns -%}
            {%- do mapped.update({name: columns[name | lower]}) -%}
        {%- else -%}
            {%- set near = tailrace.nearest(name, columns) -%}
            {{ tailrace.fail('its model has no column ' ~ tojson(name) ~ (' (did you mean ' ~ tojson(near) ~ '?)' if near else '') ~ '; write one of ' ~ columns.values() | map(attribute='name') | join(', ') ~ '.') }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(mapped) }}
{%- endmacro %}
