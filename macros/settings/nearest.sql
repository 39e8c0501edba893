{#- The candidate that shares most letter pairs with a mistyped word, or none if none is near. -#}
{% macro nearest(word, candidates) -%}
    {%- set best = namespace(name=none, score=0.4) -%}
    {%- set word = word | string | lower -%}
    {%- for candidate in candidates -%}
        {%- set name = candidate | string | lower -%}
        {%- set found = namespace(pairs=0) -%}
        {%- for i in range(name | length - 1) if name[i:i + 2] in word -%}
            {%- set found.pairs = found.pairs + 1 -%}
        {%- endfor -%}
        {%- set score = 2 * found.pairs / [word | length + name | length - 2, 1] | max -%}
        {%- if score > best.score -%}
            {%- set best.score = score -%}
            {%- set best.name = candidate -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(best.name) }}
{%- endmacro %}
