"""What each channel was told of an activation, in tailrace_alerts."""

# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from runner.control import ControlSchema, Registration
from runner.warehouse import Warehouse

TABLE = "tailrace_alerts"


def told(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> dict[str, set[str]]:
    """Keys of the states that each channel was told of and that have not ended since."""
    query = f"select channel, state from {schema.table(warehouse, TABLE)} where relation = ?"
    found: dict[str, set[str]] = defaultdict(set)
    for channel, state in warehouse.rows(query, [registration.relation]):
        found[channel].add(state)
    return found


def record(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    channel: str,
    *,
    began: Collection[str],
    ended: Collection[str],
) -> None:
    """Note that a channel was told that these states began, and forget those that ended."""
    table = schema.table(warehouse, TABLE)
    with warehouse.transaction():
        for state in ended:
            warehouse.execute(
                f"delete from {table} where relation = ? and channel = ? and state = ?",
                [registration.relation, channel, state],
            )
        for state in began:
            warehouse.execute(
                f"insert into {table} (relation, activation, channel, state, told_at) "
                f"values (?, ?, ?, ?, {warehouse.now})",
                [registration.relation, registration.activation_name, channel, state],
            )
