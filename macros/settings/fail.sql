{#- Stops the build with one sentence that names the activation, the mistake and the cure. -#}
{% macro fail(sentence) -%}
    {{ exceptions.raise_compiler_error('Activation ' ~ model.name ~ ': ' ~ sentence) }}
{%- endmacro %}
