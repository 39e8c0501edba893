{#-
  Checks the arguments of an activation as far as that needs no warehouse, and returns the settings
  that are stored in `meta.tailrace` and in the control tables: lists made lists, days made numbers,
  defaults filled in. `attributes` stays none where the columns are looked up when the model is built.
-#}
{% macro check_settings(arguments, unknown_arguments) -%}
    {%- for name in unknown_arguments -%}
        {%- set near = tailrace.nearest(name, arguments) -%}
        {{ tailrace.fail('there is no argument ' ~ tojson(name) ~ (' (did you mean ' ~ tojson(near) ~ '?)' if near else '') ~ '; activation() takes ' ~ arguments | join(', ') ~ '.') }}
    {%- endfor -%}
    {%- for name in ['destination', 'service', 'sync_mode', 'primary_key', 'identifiers'] if not arguments[name] -%}
        {{ tailrace.fail(name ~ ' is missing; pass ' ~ name ~ '=… to activation().') }}
    {%- endfor -%}
    {%- set sync_modes = ['insert', 'update', 'upsert', 'mirror', 'membership', 'incremental'] -%}
    {{ tailrace.check_choice('sync_mode', arguments.sync_mode, sync_modes) }}
    {{ tailrace.check_choice('run_type', arguments.run_type, ['delta', 'full', 'baseline']) }}
    {{ tailrace.check_choice('nulls', arguments.nulls, ['send', 'skip']) }}
    {{ tailrace.check_choice('on_leave', arguments.on_leave, ['delete', 'unset', 'ignore']) }}
    {{ tailrace.check_choice('in_doubt', arguments.in_doubt, ['hold', 'resend', 'skip']) }}
    {%- for name in ['destination', 'service'] if arguments[name] is not string -%}
        {{ tailrace.fail(name ~ ' is not a text; write the name of one ' ~ name ~ '.') }}
    {%- endfor -%}
    {%- if arguments.identifiers is not mapping -%}
        {{ tailrace.fail("identifiers is not a mapping; write {'external_id': 'customer_id'}: identifier at the destination -> column.") }}
    {%- endif -%}
    {%- for name, column in arguments.identifiers.items() if not column or column is not string -%}
        {{ tailrace.fail('identifiers maps ' ~ tojson(name) ~ ' to ' ~ tojson(column) ~ '; map an identifier at the destination to the name of a column.') }}
    {%- endfor -%}
    {%- if arguments.enabled is not boolean -%}
        {{ tailrace.fail('enabled is ' ~ tojson(arguments.enabled | string) ~ '; write true or false, without quotes.') }}
    {%- endif -%}
    {%- for name in ['shards', 'max_attempts'] if arguments[name] is not integer or arguments[name] < 1 -%}
        {{ tailrace.fail(name ~ ' is ' ~ tojson(arguments[name]) ~ '; write a whole number from 1.') }}
    {%- endfor -%}
    {%- for name in ['settings', 'guards'] if arguments[name] is not mapping -%}
        {{ tailrace.fail(name ~ ' is not a mapping; write {name: value}.') }}
    {%- endfor -%}
    {%- set primary_key = [arguments.primary_key] if arguments.primary_key is string else arguments.primary_key -%}
    {%- if primary_key is mapping or primary_key is not iterable or primary_key | reject('string') | list -%}
        {{ tailrace.fail('primary_key is ' ~ tojson(primary_key) ~ '; write the name of a column, or a list of such names.') }}
    {%- endif -%}
    {%- set primary_key = primary_key | list -%}
    {%- if primary_key | unique | list | length < primary_key | length -%}
        {{ tailrace.fail('primary_key names a column twice; name each column of the key once.') }}
    {%- endif -%}
    {%- set attributes = tailrace.check_attributes(arguments.attributes, arguments.sync_mode) -%}
    {{ return(dict(
        arguments, primary_key=primary_key, attributes=attributes, guards=tailrace.check_guards(arguments.guards),
        lookback=tailrace.days('lookback', arguments.lookback), refresh_after=tailrace.days('refresh_after', arguments.refresh_after),
        max_age=tailrace.age('max_age', arguments), min_age=tailrace.age('min_age', arguments),
    )) }}
{%- endmacro %}
