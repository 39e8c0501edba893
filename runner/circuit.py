"""Pausing an activation that fails again and again, and going on once the cause is gone.

The count is a row of tailrace_circuits, since the clock of a warehouse may jump. Only a run that
has the lease counts its own end.
"""

# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime

from runner.control import ControlSchema, Registration, needing
from runner.errors import ConfigurationError
from runner.masking import masked
from runner.report import RunResult
from runner.runs import dead_runs, record_death
from runner.warehouse import Warehouse
from runner.wording import amount

TABLE = "tailrace_circuits"
# Spark wants every column of a table in an insert.
COLUMNS = "relation, activation, failures, cause, reason, delta_id, paused_at, paused_by"
# Who paused what no person did: only that resumes by itself.
SYSTEM = "tailrace"
# A run that stopped counts as failed where the same would happen again.
COUNTED_STOPS = ("rejected_share", "fault")


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """How often in a row an activation failed for one cause, and whether it is paused."""

    failures: int = 0
    cause: str | None = None
    reason: str | None = None
    delta_id: str | None = None
    paused_at: datetime | None = None
    paused_by: str | None = None

    @property
    def is_paused(self) -> bool:
        """Whether a push sends nothing."""
        return self.paused_at is not None

    @property
    def pushes(self) -> str:
        """The failed pushes as the subject of a sentence."""
        row = " in a row" if self.failures > 1 else ""
        return amount(self.failures, "push", "pushes") + row

    @property
    def resumes_itself(self) -> bool:
        """Whether it was the system that paused it, and not a person."""
        return self.is_paused and self.paused_by == SYSTEM

    @property
    def waits_for_person(self) -> bool:
        """Whether a person paused it, so that only a person resumes it."""
        return self.is_paused and self.paused_by != SYSTEM


def circuit_of(warehouse: Warehouse, schema: ControlSchema, registration: Registration) -> Circuit:
    """Return the circuit of an activation, which is a fresh one where nothing failed.

    A pause and a push that fails at the same instant leave a row each: a person's pause counts
    first, then the system's.
    """
    columns = [field.name for field in fields(Circuit)]
    query = f"select {', '.join(columns)} from {schema.table(warehouse, TABLE)} where relation = ?"
    with needing(TABLE, registration):
        rows = list(warehouse.rows(query, [registration.relation]))
    found = []
    for row in rows:
        values = dict(zip(columns, row, strict=True))
        found.append(Circuit(**{**values, "failures": int(values["failures"] or 0)}))
    return max(found, key=_weight, default=Circuit())


def _weight(circuit: Circuit) -> tuple[bool, bool, int]:
    return circuit.waits_for_person, circuit.is_paused, circuit.failures


def counted(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    result: RunResult,
    pause_after: int,
) -> RunResult:
    """Count how a run ended; where the activation is paused now, the result's message says so."""
    name = registration.activation_name
    if result.status in {"done", "rejected"}:
        _clear(warehouse, schema, registration)
        return result
    stopped = result.status == "stopped" and result.cause in COUNTED_STOPS
    if result.cause is None or not (result.status == "failed" or stopped):
        return result
    reason = result.message.removeprefix(f"{name}: ")
    _fail(warehouse, schema, registration, result.cause, reason, registration.delta_id)
    pause_failing(warehouse, schema, registration, pause_after)
    circuit = circuit_of(warehouse, schema, registration)
    if not circuit.resumes_itself:
        return result
    told = (
        f"{result.message} {circuit.pushes} failed for this cause ({circuit.cause}), so {name} is "
        f"paused: it resumes by itself when the cause is gone, or by runner resume {name}."
    )
    return replace(result, message=told)


def count_dead_runs(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> None:
    """Record each run that was killed as died, and count it, once."""
    name = registration.activation_name
    reason = "the run died: it gave no sign of life any more. What it settled is recorded."
    for run_id, delta_id in dead_runs(warehouse, schema, registration):
        with warehouse.transaction():
            if record_death(warehouse, schema, registration, run_id, f"{name}: {reason}"):
                _fail(warehouse, schema, registration, "died", reason, delta_id)


def pause_failing(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, pause_after: int
) -> None:
    """Pause an activation that failed so often in a row; 0 is never."""
    if pause_after:
        warehouse.execute(
            f"update {schema.table(warehouse, TABLE)} set paused_at = {warehouse.now}, "
            "paused_by = ? where relation = ? and paused_at is null and failures >= ?",
            [SYSTEM, registration.relation, pause_after],
        )


def pause(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, who: str
) -> Circuit:
    """Pause for a person, until a person resumes it; who did so first is kept."""
    circuit_of(warehouse, schema, registration)  # says so where the table is not there
    table = schema.table(warehouse, TABLE)
    with warehouse.transaction():
        warehouse.execute(
            f"update {table} set paused_at = {warehouse.now}, paused_by = ? "
            "where relation = ? and (paused_at is null or paused_by = ?)",
            [who, registration.relation, SYSTEM],
        )
        # Asked again: a push that ends well may have deleted the row just now.
        if not circuit_of(warehouse, schema, registration).waits_for_person:
            warehouse.execute(
                f"insert into {table} ({COLUMNS}) "
                f"values (?, ?, 0, null, null, null, {warehouse.now}, ?)",
                [registration.relation, registration.activation_name, who],
            )
    return circuit_of(warehouse, schema, registration)


def resume(warehouse: Warehouse, schema: ControlSchema, registration: Registration) -> Circuit:
    """End a pause, whoever began it, and the count with it; return what it was."""
    circuit = circuit_of(warehouse, schema, registration)
    if not circuit.is_paused:
        raise ConfigurationError(
            f"{registration.activation_name} is not paused: there is nothing to resume."
        )
    warehouse.execute(
        f"delete from {schema.table(warehouse, TABLE)} where relation = ?", [registration.relation]
    )
    return circuit


def _fail(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    cause: str,
    reason: str,
    delta_id: str,
) -> None:
    """One more of the same cause, or the first of another one, which ends the system's pause."""
    _ensure_row(warehouse, schema, registration)
    kept = "case when cause = ? or paused_by <> ? then {0} end"
    warehouse.execute(
        f"update {schema.table(warehouse, TABLE)} set "
        "failures = case when cause = ? then failures + 1 else 1 end, "
        f"paused_at = {kept.format('paused_at')}, paused_by = {kept.format('paused_by')}, "
        "cause = ?, reason = ?, delta_id = ? where relation = ?",
        [
            cause,
            *(cause, SYSTEM) * 2,
            *(cause, masked(reason), delta_id, registration.relation),
        ],
    )


def _clear(warehouse: Warehouse, schema: ControlSchema, registration: Registration) -> None:
    """After a run that ended well nothing is left but the pause of a person."""
    if circuit_of(warehouse, schema, registration) == Circuit():
        return
    table = schema.table(warehouse, TABLE)
    key = [registration.relation, SYSTEM]
    warehouse.execute(
        f"delete from {table} where relation = ? and coalesce(paused_by, ?) = ?", [*key, SYSTEM]
    )
    warehouse.execute(
        f"update {table} set failures = 0, cause = null, reason = null, delta_id = null "
        "where relation = ?",
        key[:1],
    )


def _ensure_row(warehouse: Warehouse, schema: ControlSchema, registration: Registration) -> None:
    table = schema.table(warehouse, TABLE)
    key = [registration.relation]
    if not next(iter(warehouse.rows(f"select count(*) from {table} where relation = ?", key)))[0]:
        warehouse.execute(
            f"insert into {table} ({COLUMNS}) values (?, ?, 0, null, null, null, null, null)",
            [*key, registration.activation_name],
        )
