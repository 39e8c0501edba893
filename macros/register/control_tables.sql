{#- The control tables: name -> {column: type}. dbt makes them, the runner writes into them. -#}
{% macro control_tables() -%}
    {%- set text = tailrace.text_type() -%}
    {%- set timestamp = tailrace.timestamp_type() -%}
    {{ return({
        'tailrace_activations': {
            'activation': text, 'relation': text, 'database_name': text, 'schema_name': text, 'table_name': text,
            'project': text, 'target_name': text, 'delta_id': text, 'registered_at': timestamp,
            'destination': text, 'service': text, 'sent_to': text, 'sync_mode': text, 'run_type': text, 'settings': text,
            'model_rows': 'bigint', 'synced_rows': 'bigint', 'insert_rows': 'bigint', 'update_rows': 'bigint',
            'delete_rows': 'bigint', 'invalid_rows': 'bigint', 'duplicate_rows': 'bigint',
            'resting_rows': 'bigint', 'late_rows': 'bigint', 'waiting_rows': 'bigint', 'warnings': text, 'hold_reason': text,
            'approved_at': timestamp, 'approved_by': text, 'lease_holder': text, 'lease_heartbeat_at': timestamp,
            'removed_at': timestamp,
        },
        'tailrace_watermarks': {
            'delta_id': text, 'relation': text, 'shard': 'integer', 'sending': 'bigint', 'acknowledged': 'bigint', 'folded': 'bigint',
            'run_id': text, 'updated_at': timestamp,
        },
        'tailrace_rejected_rows': {
            'activation': text, 'relation': text, 'delta_id': text, 'run_id': text, 'shard': 'integer',
            'ordinal': 'bigint', 'operation': text, 'record_key': text, 'identifiers': text, 'row_hash': text,
            'page': 'integer', 'code': text, 'reason': text, 'in_doubt': 'boolean', 'rejected_at': timestamp, 'resolved_at': timestamp,
        },
        'tailrace_runs': {
            'run_id': text, 'activation': text, 'relation': text, 'delta_id': text, 'status': text,
            'started_at': timestamp, 'finished_at': timestamp, 'requests': 'bigint', 'retries': 'bigint',
            'insert_rows': 'bigint', 'update_rows': 'bigint', 'delete_rows': 'bigint',
            'acknowledged_rows': 'bigint', 'rejected_rows': 'bigint', 'exit_code': 'integer', 'cause': text, 'message': text,
            'runner_version': text,
        },
        'tailrace_circuits': {
            'relation': text, 'activation': text, 'failures': 'integer', 'cause': text, 'reason': text,
            'delta_id': text, 'paused_at': timestamp, 'paused_by': text,
        },
        'tailrace_jobs': {
            'relation': text, 'activation': text, 'delta_id': text, 'run_id': text, 'shard': 'integer',
            'first_ordinal': 'bigint', 'last_ordinal': 'bigint', 'job': text, 'submitted_at': timestamp,
        },
        'tailrace_part_leases': {
            'relation': text, 'activation': text, 'delta_id': text, 'part': 'integer', 'parts': 'integer', 'run_id': text,
            'lease_heartbeat_at': timestamp,
        },
        'tailrace_alerts': {
            'relation': text, 'activation': text, 'channel': text, 'state': text, 'told_at': timestamp,
        },
    }) }}
{%- endmacro %}
