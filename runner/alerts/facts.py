"""What the warehouse knows of an activation after its push."""

# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

from dataclasses import dataclass

from runner.circuit import Circuit, circuit_of
from runner.control import ControlSchema, Registration, reread
from runner.decisions import rows_in_doubt
from runner.lease import BUILT_MEANWHILE, lease_is_live
from runner.report import RunResult
from runner.warehouse import MissingRelationError, Warehouse

# Causes that leave the activation to another run, or to a build.
ELSEWHERE = ("lease_taken", "lease_lost", BUILT_MEANWHILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What states are judged by."""

    registration: Registration
    result: RunResult
    events_in_doubt: int
    entered_rows: int
    circuit: Circuit


def facts_of(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, result: RunResult
) -> Facts | None:
    """Read what is known now; None where another run or the next push will tell of it.

    `registration` may have been read long ago: it may be held, approved or replaced since.
    """
    if result.cause in ELSEWHERE:
        return None
    registration = reread(warehouse, schema, registration)
    return Facts(
        registration=registration,
        result=result,
        events_in_doubt=_events_in_doubt(warehouse, schema, registration),
        entered_rows=_entered_rows(warehouse, registration),
        circuit=circuit_of(warehouse, schema, registration),
    )


def _events_in_doubt(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> int:
    """Events that wait for a person."""
    if registration.activation.in_doubt != "hold":
        return 0
    current, earlier = rows_in_doubt(warehouse, schema, registration)
    # What the next runner has in flight by now is not in doubt yet.
    return earlier if lease_is_live(warehouse, schema, registration) else current + earlier


def _entered_rows(warehouse: Warehouse, registration: Registration) -> int:
    """Rows that are new to the synced state, without members that are sent again."""
    if registration.sync_mode != "membership":
        return registration.insert_rows
    query = (
        f"select count(*) from {registration.delta(warehouse)} where _delta_id = ? "
        "and _operation = 'insert' and _attributes is null"
    )
    try:
        return int(next(iter(warehouse.rows(query, [registration.delta_id])))[0])
    except MissingRelationError:  # which is told as a failure
        return registration.insert_rows
