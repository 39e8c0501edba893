{{ config(materialized='view') }}
-- The rows of the model that is sent; each test gives its own.
{% set text = tailrace.text_type() -%}
{{ tailrace.empty_select({
    'id': text, 'shop': text, 'mail': text, 'name': text, 'score': 'integer',
    'ratio': 'double precision', 'happened_at': 'timestamp',
}) }}
