"""The record of pushes in tailrace_runs."""

# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import __version__

if TYPE_CHECKING:
    from runner.control import ControlSchema, Registration
    from runner.report import RunResult
    from runner.warehouse import Warehouse

TABLE = "tailrace_runs"


def start_run(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, run_id: str
) -> None:
    """Record that a push of an activation began."""
    warehouse.execute(
        f"insert into {schema.table(warehouse, TABLE)} (run_id, activation, relation, delta_id, "
        f"status, started_at, runner_version) values (?, ?, ?, ?, 'running', {warehouse.now}, ?)",
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
        "acknowledged_rows = ?, rejected_rows = ?, exit_code = ?, message = ? "
        "where run_id = ? and relation = ?",
        [
            result.status,
            result.requests,
            result.retries,
            *counts,
            result.acknowledged,
            result.rejected,
            int(result.exit_code),
            result.message,
            run_id,
            registration.relation,
        ],
    )
