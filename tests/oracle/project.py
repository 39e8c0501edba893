"""The small company's files and tables: people, events, and an activation of each kind on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.warehouse import Warehouse
from tests.oracle.rules import EventRules, ModelRow, Operation, Rules
from tests.support.waiting import wait_shortly

ATTRIBUTES = {"word": "text", "amount": "decimal(20,2)", "big": "bigint"}
EVENT = {"time": "happened_at", "event_id": "event_id"}
SHARES = ("max_delete_share", "max_duplicate_share", "max_invalid_share", "max_rejected_share")
NO_GUARDS = {**dict.fromkeys(SHARES, 100), "empty_model": "allow"}

Event = tuple[str, str, str]


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
    source = "source('raw', 'raw_events')" if events else "ref('people')"
    listed = ", ".join(f"{argument}={value!r}" for argument, value in arguments.items())
    (folder / "models" / f"{name}.sql").write_text(
        f"{{{{ tailrace.activation({source}, {listed}) }}}}\n"
    )


def create_tables(warehouse: Warehouse, schema: str) -> None:
    """Make the tables of people and events."""
    columns = ", ".join(f"{name} {kind}" for name, kind in ATTRIBUTES.items())
    warehouse.execute(f'create schema if not exists "{schema}"')
    warehouse.execute(
        f'create table "{schema}".raw_people (k1 text, k2 text, ext text, {columns}, odd float)'
    )
    warehouse.execute(
        f'create table "{schema}".raw_events (event_id text, ext text, happened_at timestamp)'
    )


def load_tables(
    warehouse: Warehouse, schema: str, people: Iterable[ModelRow], events: Iterable[Event]
) -> None:
    """Make the tables hold these people and events."""
    with warehouse.transaction():
        warehouse.execute(f'delete from "{schema}".raw_people')
        warehouse.execute(f'delete from "{schema}".raw_events')
        for row in people:
            values = [_value(name, row.values[name]) for name in ATTRIBUTES]
            warehouse.execute(
                f'insert into "{schema}".raw_people values (?, ?, ?, ?, ?, ?, ?)',
                [*row.key, row.identifier, *values, None],
            )
        for event in events:
            warehouse.execute(f'insert into "{schema}".raw_events values (?, ?, ?)', list(event))


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
        operation, key, json.loads(identifiers)["external_id"], frozenset(values.items())
    )


def _value(name: str, value: str | None) -> object:
    return int(value) if value is not None and name == "big" else value
