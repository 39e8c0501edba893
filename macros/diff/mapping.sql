{#-
  What the diff needs to know of a mapping, as SQL expressions over an alias `model_row`:
  `key` (text), `hash` (of all that decides what is sent), `key_columns` and their `key_categories`,
  `identifier_columns`, `columns` (quoted name -> how it is passed on to later steps), `identifiers` and
  `attributes` (sorted by name, so that their order in the file means nothing). What is `carried` holds for those later steps.
-#}
{% macro mapping(settings, columns) -%}
    {%- set mapped = tailrace.mapped_columns(settings, columns) -%}
    {%- set texts, references, names, carried = {}, {}, {}, {} -%}
    {%- for written, column in mapped.items() -%}
        {%- set quoted = tailrace.quote_name(column.name) -%}
        {%- set reference = 'model_row.' ~ quoted -%}
        {%- do references.update({written: reference}) -%}
        {%- do texts.update({written: tailrace.text_value(reference, column.category)}) -%}
        {%- do names.update({quoted: tailrace.carried_value(reference, column.category)}) -%}
        {%- do carried.update({written: column.category if names[quoted] == reference else 'document'}) -%}
    {%- endfor -%}
    {%- set keys, key_columns, key_categories = [], [], [] -%}
    {%- for written in settings.primary_key -%}
        {%- do keys.append(texts[written]) -%}
        {%- do key_columns.append(references[written]) -%}
        {%- do key_categories.append(mapped[written].category) -%}
    {%- endfor -%}
    {%- set identifiers, identifier_columns, identifier_categories = [], [], [] -%}
    {%- for name, written in settings.identifiers | dictsort -%}
        {%- do identifiers.append({
            'name': name, 'text': texts[written], 'carried': tailrace.text_value(references[written], carried[written]),
        }) -%}
        {%- do identifier_columns.append(references[written]) -%}
        {%- do identifier_categories.append(mapped[written].category) -%}
    {%- endfor -%}
    {%- set attributes = [] -%}
    {%- for name, written in (settings.attributes or {}) | dictsort(case_sensitive=true) -%}
        {%- do attributes.append({
            'name': name, 'column': references[written], 'category': mapped[written].category,
            'carried': carried[written], 'value': '_value_' ~ loop.index, 'compared': '_compared_' ~ loop.index,
            'changed': '_changed_' ~ loop.index,
        }) -%}
    {%- endfor -%}
    {%- set names_sent = (identifiers + attributes) | map(attribute='name') | list -%}
    {{ return({
        'hash': tailrace.row_hash(
            tojson([names_sent, settings.nulls, attributes | map(attribute='category') | list]),
            identifier_columns + attributes | map(attribute='column') | list,
            identifier_categories + attributes | map(attribute='category') | list
        ),
        'key': tailrace.record_key(keys), 'key_columns': key_columns, 'key_categories': key_categories, 'columns': names,
        'identifiers': identifiers, 'identifier_columns': identifier_columns, 'attributes': attributes,
    }) }}
{%- endmacro %}
