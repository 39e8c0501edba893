{#-
  What a synced state is about: destination and service, and for a membership its settings too, since they
  name the list. Rows that were sent elsewhere count for nothing.
-#}
{% macro sent_to(settings) -%}
    {%- set place = settings.destination ~ '/' ~ settings.service.split('.')[-1] -%}
    {%- if settings.sync_mode == 'membership' and settings.settings -%}
        {%- set place = place ~ '/' ~ tojson(settings.settings, sort_keys=true) -%}
    {%- endif -%}
    {{ return(place) }}
{%- endmacro %}
