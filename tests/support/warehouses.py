"""Warehouses with control tables and a small delta, as a dbt build leaves them behind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
import yaml

from runner.control import ControlSchema, Registration, registrations
from runner.destinations.service import Rejection, Row
from runner.errors import UnavailableError
from runner.profiles import Profile, load
from runner.warehouse import Warehouse
from runner.watermarks import RejectedRow
from tests.support.postgres import Postgres

ENGINES = ("duckdb", "postgres")
SCHEMA = ControlSchema(database=None, schema="marketing", target="test")
CONTROL_TABLES = {
    "tailrace_activations": (
        "activation text, relation text, database_name text, schema_name text, table_name text, "
        "project text, target_name text, delta_id text, registered_at timestamp, "
        "destination text, service text, sent_to text, sync_mode text, run_type text, "
        "settings text, "
        "model_rows bigint, synced_rows bigint, insert_rows bigint, update_rows bigint, "
        "delete_rows bigint, invalid_rows bigint, duplicate_rows bigint, resting_rows bigint, "
        "late_rows bigint, waiting_rows bigint, warnings text, hold_reason text, "
        "approved_at timestamp, approved_by text, lease_holder text, "
        "lease_heartbeat_at timestamp, removed_at timestamp"
    ),
    "tailrace_watermarks": (
        "delta_id text, relation text, shard integer, sending bigint, acknowledged bigint, "
        "folded bigint, run_id text, updated_at timestamp"
    ),
    "tailrace_rejected_rows": (
        "activation text, relation text, delta_id text, run_id text, shard integer, "
        "ordinal bigint, operation text, record_key text, identifiers text, row_hash text, "
        "page integer, code text, reason text, in_doubt boolean, "
        "rejected_at timestamp, resolved_at timestamp"
    ),
    "tailrace_runs": (
        "run_id text, activation text, relation text, delta_id text, status text, "
        "started_at timestamp, finished_at timestamp, requests bigint, retries bigint, "
        "insert_rows bigint, update_rows bigint, delete_rows bigint, acknowledged_rows bigint, "
        "rejected_rows bigint, exit_code integer, cause text, message text, runner_version text"
    ),
    "tailrace_circuits": (
        "relation text, activation text, failures integer, cause text, reason text, "
        "delta_id text, paused_at timestamp, paused_by text"
    ),
    "tailrace_jobs": (
        "relation text, activation text, delta_id text, run_id text, shard integer, "
        "first_ordinal bigint, last_ordinal bigint, job text, submitted_at timestamp"
    ),
    "tailrace_part_leases": (
        "relation text, activation text, delta_id text, part integer, parts integer, run_id text, "
        "lease_heartbeat_at timestamp"
    ),
    "tailrace_alerts": (
        "relation text, activation text, channel text, state text, told_at timestamp"
    ),
}
DELTA = (
    "_delta_id text, _shard integer, _ordinal bigint, _operation text, _record_key text, "
    "_identifiers text, _payload text, _changed text, _invalid_reason text, _row_hash text, "
    "_attributes text, _event_time timestamp"
)
SYNCED = (
    "_record_key text, _identifiers text, _attributes text, _row_hash text, _status text, "
    "_acknowledged_at timestamp, _event_time timestamp, _delta_id text, _sent_to text"
)


def duckdb_profile(folder: Path) -> Profile:
    """A profile of a new DuckDB file in the folder, loaded from a profiles.yml there."""
    file = folder / "warehouse.duckdb"
    duckdb.connect(str(file)).close()
    output: dict[str, object] = {"type": "duckdb", "path": str(file), "schema": SCHEMA.schema}
    return written_profile(folder, output)


def postgres_profile(folder: Path, database: Postgres) -> Profile:
    """A profile of the database, loaded from a profiles.yml in the folder."""
    output: dict[str, object] = {
        "type": "postgres",
        "host": database.host,
        "port": database.port,
        "user": database.user,
        "password": database.password,
        "dbname": database.dbname,
        "schema": SCHEMA.schema,
    }
    return written_profile(folder, output)


def engine_profile(request: pytest.FixtureRequest, folder: Path) -> Profile:
    """A profile of the engine that the fixture is parametrized with, one of ENGINES."""
    if request.param == "postgres":
        return postgres_profile(folder, request.getfixturevalue("postgres_database"))
    return duckdb_profile(folder)


def written_profile(folder: Path, output: dict[str, object]) -> Profile:
    """Write the output as target `test` into a profiles.yml in the folder, and load it."""
    profiles = {"shop": {"target": "test", "outputs": {"test": output}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profiles), encoding="utf-8")
    return load(profiles_dir=folder, profile="shop", target="test")


def create_control_tables(warehouse: Warehouse) -> None:
    """Make the schema and its empty control tables."""
    warehouse.execute(f"create schema if not exists {SCHEMA.schema}")
    for name, columns in CONTROL_TABLES.items():
        warehouse.execute(f"create table {SCHEMA.table(warehouse, name)} ({columns})")


@dataclass(kw_only=True)
class Built:
    """What one build of an activation leaves in the warehouse; rows are all inserts."""

    name: str = "braze_vips"
    delta_id: str = "delta-1"
    shards: tuple[int, ...] = (5,)
    invalid: int = 0
    values: dict[str, object] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)

    def build(self, warehouse: Warehouse) -> None:
        """Create delta and synced state, and register them."""
        for table, columns in ((self.name, DELTA), (f"{self.name}__synced", SYNCED)):
            relation = warehouse.relation("marketing", table)
            warehouse.execute(f"drop table if exists {relation}")
            warehouse.execute(f"create table {relation} ({columns})")
        for shard, size in enumerate(self.shards):
            for ordinal in range(1, size + 1):
                self._row(warehouse, shard, ordinal, "insert")
        for _ in range(self.invalid):
            self._row(warehouse, 0, None, "invalid")
        self._register(warehouse)

    def _row(self, warehouse: Warehouse, shard: int, ordinal: int | None, operation: str) -> None:
        key = f"key-{shard}-{ordinal}"
        reason = "duplicate key" if operation == "invalid" else None
        warehouse.execute(
            f"insert into {warehouse.relation('marketing', self.name)} (_delta_id, _shard, "
            "_ordinal, _operation, _record_key, _identifiers, _payload, _invalid_reason, _row_hash)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(self.delta_id, shard, ordinal, operation, key),
                *(json.dumps({"external_id": key}), '{"first_name": "Ada"}', reason, "abc"),
            ],
        )

    def _register(self, warehouse: Warehouse) -> None:
        table = SCHEMA.table(warehouse, "tailrace_activations")
        relation = f'"marketing"."{self.name}"'
        settings = {
            "primary_key": ["id"],
            "identifiers": {"external_id": "id"},
            "attributes": {"first_name": "first_name"},
            "guards": {"max_rejected_share": 1},
            **self.settings,
        }
        values: dict[str, object] = {
            "activation": self.name,
            "relation": relation,
            "schema_name": "marketing",
            "table_name": self.name,
            "project": "shop",
            "target_name": "test",
            "delta_id": self.delta_id,
            "destination": "braze_eu",
            "service": "users",
            "sent_to": "braze_eu/users",
            "sync_mode": "upsert",
            "run_type": "delta",
            "settings": json.dumps(settings),
            "model_rows": sum(self.shards),
            "insert_rows": sum(self.shards),
            "invalid_rows": self.invalid,
            **self.values,
        }
        warehouse.execute(f"delete from {table} where relation = ?", [relation])
        warehouse.execute(
            f"insert into {table} ({', '.join(values)}, registered_at) "
            f"values ({', '.join('?' * len(values))}, {warehouse.now})",
            list(values.values()),
        )


def built(warehouse: Warehouse, **changes: object) -> Registration:
    """Build an activation and read its registration."""
    one = Built(**changes)  # type: ignore[arg-type]
    one.build(warehouse)
    return registrations(warehouse, SCHEMA, [one.name])[0]


def refused(ordinal: int, reason: str = "no such user") -> RejectedRow:
    """A row as the destination refused it."""
    row = Row(
        ordinal=ordinal,
        operation="insert",
        record_key=f"key-{ordinal}",
        identifiers='{"external_id": "a\'b"}',
        payload="{}",
        row_hash="abc",
    )
    return RejectedRow(row=row, page=3, rejection=Rejection(code="400", reason=reason))


class NeverCommits:
    """A warehouse that dies at the end of a transaction, or whose transactions are not real."""

    def __init__(self, warehouse: Warehouse, *, transactional: bool) -> None:
        self._warehouse = warehouse
        self.transactional = transactional
        self.now = warehouse.now
        self.relation = warehouse.relation
        self.seconds_ago = warehouse.seconds_ago
        self.rows = warehouse.rows
        self.close = warehouse.close
        self.label = warehouse.label
        self.statements = 0
        self.allowed = 100

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        self.statements += 1
        if self.statements > self.allowed:
            raise UnavailableError("The warehouse is gone.")
        return self._warehouse.execute(sql, parameters)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self.transactional:
            with self._warehouse.transaction():
                yield
        else:
            yield


def all_rows(warehouse: Warehouse, table: str, columns: str) -> list[tuple[object, ...]]:
    """Rows of a control table, in order."""
    relation = SCHEMA.table(warehouse, table)
    return sorted(warehouse.rows(f"select {columns} from {relation}"), key=repr)


def add_targets(folder: Path) -> None:
    """Beside `test`, a target with a schema of its own and one that no connection reaches."""
    file = folder / "profiles.yml"
    profiles = yaml.safe_load(file.read_text())
    outputs = profiles["shop"]["outputs"]
    nowhere = {"host": "127.0.0.1", "port": 1, "path": "/nowhere/warehouse.duckdb"}
    outputs["other"] = {**outputs["test"], "schema": "other"}
    outputs["nowhere"] = {key: nowhere.get(key, value) for key, value in outputs["test"].items()}
    file.write_text(yaml.safe_dump(profiles))
