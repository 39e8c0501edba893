"""The small company's files and tables: people, events, and an activation of each kind on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runner.warehouse import Warehouse
from tests.oracle.rules import EventRules, ModelRow, Operation, Rules
from tests.oracle.spelling import spelled
from tests.support.waiting import wait_shortly

ATTRIBUTES = {"word": "text", "amount": "decimal(20,2)", "big": "bigint"}
TABLES = {
    "raw_people": {"k1": "text", "k2": "text", "ext": "text", **ATTRIBUTES, "odd": "float"},
    "raw_events": {"event_id": "text", "ext": "text", "happened_at": "timestamp"},
}
EVENT = {"time": "happened_at", "event_id": "event_id"}
SHARES = ("max_delete_share", "max_duplicate_share", "max_invalid_share", "max_rejected_share")
NO_GUARDS = {**dict.fromkeys(SHARES, 100), "empty_model": "allow"}

Event = tuple[str, str, str]
BEGAN = datetime.now(UTC).replace(microsecond=0, tzinfo=None)


def hours_ago(hours: int) -> str:
    """A time before this process began; far from any limit, for as long as a run may take."""
    return (BEGAN - timedelta(hours=hours)).isoformat(sep=" ")


def write_project(folder: Path, package: Path, more: str = "") -> None:
    """Write everything but the activations; `more` are further lines of dbt_project.yml."""
    (folder / "models").mkdir(parents=True, exist_ok=True)
    dispatch = json.dumps(wait_shortly(folder, "company", 0))
    (folder / "dbt_project.yml").write_text(
        f"name: company\nversion: '1.0'\nprofile: company\ndispatch: {dispatch}\n{more}"
    )
    (folder / "packages.yml").write_text(f"packages: [{{local: {package}}}]\n")
    (folder / "models" / "sources.yml").write_text(
        "sources: [{name: raw, schema: '{{ target.schema }}', "
        "tables: [{name: raw_people}, {name: raw_events}]}]\n"
    )
    write_people(folder)


def write_people(folder: Path, columns: Sequence[str] = ("*",)) -> None:
    """Write the model of people, with these columns of the table."""
    (folder / "models" / "people.sql").write_text(
        f"{{{{ config(materialized='view') }}}} select {', '.join(columns)} "
        "from {{ source('raw', 'raw_people') }}\n"
    )


def write_activation(
    folder: Path,
    name: str,
    rules: Rules,
    attributes: Iterable[str],
    **given: Any,  # noqa: ANN401 - arguments of activation() are anything
) -> None:
    """Write the model of an activation that maps these attributes; `given` says the rest."""
    events = rules.mode == "incremental"
    arguments = {
        "sync_mode": rules.mode,
        "primary_key": "event_id" if events else ["k1", "k2"],
        "identifiers": {"external_id": "ext"},
        "attributes": EVENT if events else {column: column for column in attributes},
        "nulls": rules.nulls,
        "on_leave": rules.on_leave,
        "in_doubt": rules.in_doubt if isinstance(rules, EventRules) else "hold",
        "max_attempts": rules.max_attempts,
        "lookback": 100_000,
        "guards": NO_GUARDS,
        **given,
    }
    if isinstance(rules, EventRules) and rules.timely:
        arguments |= {"max_age": "24 hours", "min_age": "0 minutes"}
    source = "source('raw', 'raw_events')" if events else "ref('people')"
    listed = ", ".join(f"{argument}={value!r}" for argument, value in arguments.items())
    (folder / "models" / f"{name}.sql").write_text(
        f"{{{{ tailrace.activation({source}, {listed}) }}}}\n"
    )


def create_tables(warehouse: Warehouse, schema: str, engine: str = "") -> None:
    """Make the tables of people and events."""
    warehouse.execute(f"create schema if not exists {warehouse.relation(schema, None)}")
    for name, columns in TABLES.items():
        listed = ", ".join(f"{column} {spelled(kind, engine)}" for column, kind in columns.items())
        warehouse.execute(f"create table {warehouse.relation(schema, name)} ({listed})")


def load_tables(
    warehouse: Warehouse,
    schema: str,
    people: Iterable[ModelRow],
    events: Iterable[Event],
    engine: str = "",
) -> None:
    """Make the tables hold these people and events."""
    persons = [
        [*row.key, row.identifier, *(_value(name, row.values[name]) for name in ATTRIBUTES), None]
        for row in people
    ]
    with warehouse.transaction():
        for name, rows in (("raw_people", persons), ("raw_events", map(list, events))):
            table = warehouse.relation(schema, name)
            cells = [f"cast(? as {spelled(kind, engine)})" for kind in TABLES[name].values()]
            warehouse.execute(f"delete from {table} where 1 = 1")
            for row in rows:
                warehouse.execute(f"insert into {table} values ({', '.join(cells)})", row)


def event_rows(events: Iterable[Event]) -> list[ModelRow]:
    """Events as the rows that an activation of them sends."""
    return [
        ModelRow((key,), identifier, {"time": time.replace(" ", "T") + "Z", "event_id": key})
        for key, identifier, time in events
    ]


def operation_of(operation: str, key: str, identifiers: str, payload: str) -> Operation:
    """A row of a delta as the oracle writes it."""
    parsed: Mapping[str, object] = json.loads(payload, parse_float=str, parse_int=str)
    values = {name: None if value is None else str(value) for name, value in parsed.items()}
    return Operation(
        operation, key, next(iter(json.loads(identifiers).values())), frozenset(values.items())
    )


def _value(name: str, value: str | None) -> object:
    return int(value) if value is not None and name == "big" else value
