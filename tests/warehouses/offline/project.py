"""A project with an activation of every mode and setting that decides what SQL is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from runner.profiles import load
from runner.sandbox import Server
from tests.support.project import SETTINGS, Project

TARGETS: dict[str, dict[str, object]] = {
    "redshift": {
        "type": "redshift",
        "host": "127.0.0.1",
        "port": 1,
        "user": "nobody",
        "password": "none",
        "dbname": "shop",
        "schema": "marketing",
    },
    "bigquery": {
        "type": "bigquery",
        "method": "oauth-secrets",
        "token": "none",
        "project": "shop-1",
        "dataset": "marketing",
    },
    "databricks": {
        "type": "databricks",
        "host": "nowhere.invalid",
        "http_path": "/none",
        "token": "none",
        "catalog": "shop",
        "schema": "marketing",
    },
    "spark": {"type": "spark", "method": "session", "host": "none", "schema": "marketing"},
    "snowflake": {
        "type": "snowflake",
        "account": "nowhere",
        "user": "nobody",
        "password": "none",
        "warehouse": "none",
        "database": "shop",
        "schema": "marketing",
    },
    "duckdb": {"type": "duckdb", "path": "none/shop.duckdb", "schema": "marketing"},
    "postgres": {
        "type": "postgres",
        "host": "127.0.0.1",
        "port": 1,
        "user": "nobody",
        "password": "none",
        "dbname": "shop",
        "schema": "marketing",
    },
}
LAKE = {
    "id": "bigint",
    "person": "string",
    "text": "string",
    "number": "int",
    "money": "decimal(10,2)",
    "share": "double",
    "flag": "boolean",
    "day": "date",
    "zoneless": "timestamp_ntz",
    "happened_at": "timestamp",
    "nested": "struct<a:int>",
    "mapped": "map<string,int>",
    "bytes": "binary",
}
# Of every category, a column of the type that stands for it.
COLUMNS: dict[str, dict[str, str]] = {
    "redshift": {
        "id": "bigint",
        "person": "character varying",
        "text": "character varying",
        "number": "integer",
        "money": "numeric",
        "share": "double precision",
        "flag": "boolean",
        "day": "date",
        "zoneless": "timestamp without time zone",
        "happened_at": "timestamp with time zone",
        "document": "super",
        "bytes": "binary varying",
    },
    "bigquery": {
        "id": "INT64",
        "person": "STRING",
        "text": "STRING",
        "number": "INT64",
        "money": "NUMERIC",
        "share": "FLOAT64",
        "flag": "BOOL",
        "day": "DATE",
        "zoneless": "DATETIME",
        "happened_at": "TIMESTAMP",
        "document": "JSON",
        "nested": "STRUCT<a INT64>",
        "bytes": "BYTES",
        "place": "GEOGRAPHY",
    },
    "databricks": LAKE | {"document": "variant"},
    "spark": LAKE,
    "snowflake": {
        "ID": "NUMBER(38,0)",
        "PERSON": "VARCHAR(100)",
        "TEXT": "VARCHAR(100)",
        "NUMBER": "NUMBER(9,0)",
        "MONEY": "NUMBER(10,2)",
        "SHARE": "FLOAT",
        "FLAG": "BOOLEAN",
        "DAY": "DATE",
        "CLOCK": "TIME",
        "ZONELESS": "TIMESTAMP_NTZ",
        "HAPPENED_AT": "TIMESTAMP_TZ",
        "DOCUMENT": "VARIANT",
        "NESTED": "ARRAY",
        "BYTES": "BINARY",
    },
    "duckdb": {
        "id": "BIGINT",
        "person": "VARCHAR",
        "text": "VARCHAR",
        "number": "INTEGER",
        "money": "DECIMAL(10,2)",
        "share": "DOUBLE",
        "flag": "BOOLEAN",
        "day": "DATE",
        "zoneless": "TIMESTAMP",
        "happened_at": "TIMESTAMP WITH TIME ZONE",
        "document": "JSON",
        "nested": "STRUCT(a INTEGER)",
        "bytes": "BLOB",
    },
    "postgres": {
        "id": "bigint",
        "person": "character varying",
        "text": "text",
        "number": "integer",
        "money": "numeric",
        "share": "double precision",
        "flag": "boolean",
        "day": "date",
        "zoneless": "timestamp without time zone",
        "happened_at": "timestamp with time zone",
        "document": "jsonb",
        "nested": "integer[]",
        "bytes": "bytea",
    },
}
LIST: dict[str, Any] = {"service": "user_list", "sync_mode": "membership", "attributes": None}
EVENTS: dict[str, Any] = {
    "service": "events",
    "sync_mode": "incremental",
    "identifiers": {"external_id": "person"},
    "attributes": {"time": "happened_at", "kind": "text"},
    "settings": {"event_name": "it's \\ a\nlong day"},
}
ACTIVATIONS: dict[str, dict[str, Any]] = {
    "inserted": {"sync_mode": "insert", "attributes": None},
    "updated": {"sync_mode": "update", "attributes": ["flag", "day"], "run_type": "full"},
    "upserted": {
        "attributes": {
            "it's": "text",
            'qu"ote': "money",
            "back\\slash": "share",
            "é\n": "zoneless",
        },
        "nulls": "skip",
        "shards": 3,
        "refresh_after": "30 days",
    },
    "mirrored": {"sync_mode": "mirror", "attributes": None, "primary_key": ["id", "day"]},
    "unset": {"sync_mode": "mirror", "attributes": ["text", "number"], "on_leave": "unset"},
    "ignored": {
        "sync_mode": "mirror",
        "attributes": ["text"],
        "on_leave": "ignore",
        "guards": {"empty_model": "allow"},
    },
    "based": {"run_type": "baseline", "attributes": ["number"], "identifiers": {"a": "person"}},
    "listed": LIST | {"settings": {"audience_name": "it's"}, "identifiers": {"email": "person"}},
    "listed_with_words": LIST | {"attributes": ["text"]},
    "events_held": EVENTS | {"in_doubt": "hold"},
    "events_resent": EVENTS
    | {"in_doubt": "resend", "lookback": "10 days", "max_age": "24 hours", "min_age": "5 minutes"},
    "events_skipped": EVENTS | {"in_doubt": "skip", "attributes": ["text"]},
    "events_by_day": EVENTS | {"attributes": {"time": "day"}},
    "events_by_local_time": EVENTS | {"attributes": {"time": "zoneless"}},
}
PEOPLE = """{{ config(materialized='table') }}
select
    1 as id,
    {{ tailrace.hashed_email("'a'", 'google') }} as email,
    {{ tailrace.hashed_phone("'1'", 'google') }} as phone,
    {{ tailrace.hashed_name("'b'", 'meta') }} as name
"""
TESTS = """
models:
  - name: mirrored
    data_tests:
      - tailrace.synced_state_consistent
      - tailrace.delta_within_bounds:
          arguments: {max_rows: 10, max_delete_share: 5, max_invalid_share: 5}
  - name: people
    data_tests:
      - tailrace.valid_primary_key:
          arguments: {columns: [id, day]}
"""


def offline_project(folder: Path, package: Path, dialect: str) -> Project:
    """Write the project and install the package; no target of it can be reached."""
    target = TARGETS[dialect]
    files: dict[str, object] = {
        "dbt_project.yml": SETTINGS,
        "packages.yml": {"packages": [{"local": str(package)}]},
        "profiles.yml": {"shop": {"target": "test", "outputs": {"test": target}}},
    }
    for name, content in files.items():
        (folder / name).write_text(yaml.safe_dump(content))
    profile = load(profiles_dir=folder, profile="shop", target="test")
    nobody = Server.__new__(Server)  # nothing is sent
    project = Project(folder=folder, profile=profile, engine=dialect, server=nobody)
    project.write("models/people.sql", PEOPLE)
    segment = "{{ config(tags=['segment'], meta={'primary_key': ['id', 'happened_at']}) }}\n"
    project.write("models/vips.sql", segment + "select 1 as id\n")
    project.write("models/tests.yml", TESTS)
    for name, arguments in ACTIVATIONS.items():
        project.activation(name, **({"identifiers": {"external_id": "id"}} | arguments))
    installed = project.dbt("deps")
    assert installed.success, installed.text
    return project
