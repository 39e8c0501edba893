"""The record of pushes in tailrace_runs."""

# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from runner import __version__
from runner.control import ControlSchema, Registration, needing
from runner.lease import is_recent
from runner.masking import masked
from runner.part_lease import TABLE as PARTS
from runner.report import RunResult
from runner.warehouse import Warehouse

TABLE = "tailrace_runs"
# What is known of a run only at its end; Spark wants every column of a table in an insert.
LATER = (
    *("finished_at", "requests", "retries", "insert_rows", "update_rows", "delete_rows"),
    *("acknowledged_rows", "rejected_rows", "exit_code", "cause", "message"),
)


def start_run(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, run_id: str
) -> None:
    """Record that a push of an activation began."""
    warehouse.execute(
        f"insert into {schema.table(warehouse, TABLE)} (run_id, activation, relation, delta_id, "
        f"status, started_at, runner_version, {', '.join(LATER)}) "
        f"values (?, ?, ?, ?, 'running', {warehouse.now}, ?{', null' * len(LATER)})",
        [
            run_id,
            registration.activation_name,
            registration.relation,
            registration.delta_id,
            __version__,
        ],
    )


def finish_run(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    run_id: str,
    result: RunResult,
) -> None:
    """Record how a push ended."""
    done = result.operations
    counts = [done.get("insert", 0), done.get("update", 0), done.get("delete", 0)]
    warehouse.execute(
        f"update {schema.table(warehouse, TABLE)} set status = ?, finished_at = {warehouse.now}, "
        "requests = ?, retries = ?, insert_rows = ?, update_rows = ?, delete_rows = ?, "
        "acknowledged_rows = ?, rejected_rows = ?, exit_code = ?, cause = ?, message = ? "
        "where run_id = ? and relation = ?",
        [
            result.status,
            result.requests,
            result.retries,
            *counts,
            result.acknowledged,
            result.rejected,
            int(result.exit_code),
            result.cause,
            masked(result.message),
            run_id,
            registration.relation,
        ],
    )


def dead_runs(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> list[tuple[str, str]]:
    """Runs that never told of their end and have no lease any more: run and delta."""
    query = (
        f"select run_id, delta_id from {schema.table(warehouse, TABLE)} as begun "
        "where relation = ? and status = 'running' and not exists ("
        f"select 1 from {schema.table(warehouse, 'tailrace_activations')} as lease "
        "where lease.relation = begun.relation and lease.lease_holder = begun.run_id) "
        f"and not exists (select 1 from {schema.table(warehouse, PARTS)} as part "
        "where part.relation = begun.relation and part.run_id = begun.run_id "
        f"and {is_recent(warehouse, registration, 'part.')}) order by started_at, run_id"
    )
    with needing(PARTS, registration):
        found = list(warehouse.rows(query, [registration.relation]))
    return [(str(run_id), str(delta_id)) for run_id, delta_id in found]


def record_death(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    run_id: str,
    message: str,
) -> bool:
    """Record that a run was killed; whether nobody had recorded an end of it before."""
    changed = warehouse.execute(
        f"update {schema.table(warehouse, TABLE)} set status = 'died', "
        f"finished_at = {warehouse.now}, cause = 'died', message = ? "
        "where run_id = ? and relation = ? and status = 'running'",
        [message, run_id, registration.relation],
    )
    return changed != 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The last push of an activation; `finished_at` is None while it goes on."""

    run_id: str
    delta_id: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    requests: int | None
    retries: int | None
    acknowledged_rows: int | None
    rejected_rows: int | None
    exit_code: int | None
    cause: str | None
    message: str | None


def last_run(warehouse: Warehouse, schema: ControlSchema, registration: Registration) -> Run | None:
    """The push that began last, if there was any."""
    columns = [field.name for field in fields(Run)]
    query = (
        f"select {', '.join(columns)} from {schema.table(warehouse, TABLE)} where relation = ? "
        "order by started_at desc, run_id desc limit 1"
    )
    for row in warehouse.rows(query, [registration.relation]):
        return Run(**dict(zip(columns, row, strict=True)))
    return None
