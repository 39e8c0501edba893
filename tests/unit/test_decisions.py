"""Leases, decisions of people, and the record of runs, on DuckDB and PostgreSQL."""

from __future__ import annotations

import pytest

from runner.circuit import Circuit, circuit_of, count_dead_runs, counted, pause, resume
from runner.control import registrations
from runner.decisions import approve, resolve, rows_in_doubt
from runner.errors import ConfigurationError, ExitCode
from runner.report import RunResult
from runner.runs import finish_run, last_run, start_run
from runner.warehouse import Warehouse
from runner.watermarks import Watermark, mark_sending, settle, watermarks
from tests.support.warehouses import (
    SCHEMA,
    all_rows,
    built,
)


def test_approving_releases_one_delta(warehouse: Warehouse) -> None:
    """Approval is recorded with who and when, and holds for this delta alone."""
    held = {"hold_reason": "12 % of the synced state would be deleted"}
    registration = built(warehouse, values=held)
    assert registration.held
    approve(warehouse, SCHEMA, registration, "ada@laptop")
    approved = registrations(warehouse, SCHEMA)[0]
    assert not approved.held
    assert approved.approved_by == "ada@laptop"
    assert approved.approved_at is not None
    assert built(warehouse, delta_id="delta-2", values=held).held


def test_there_must_be_something_to_approve(warehouse: Warehouse) -> None:
    """Approving what no guard holds, or what was built anew, is a mistake with a cure."""
    with pytest.raises(ConfigurationError, match="not held"):
        approve(warehouse, SCHEMA, built(warehouse), "ada@laptop")
    old = built(warehouse, values={"hold_reason": "the model is empty"})
    built(warehouse, delta_id="delta-2", values={"hold_reason": "the model is empty"})
    with pytest.raises(ConfigurationError, match="built again"):
        approve(warehouse, SCHEMA, old, "ada@laptop")
    assert all_rows(warehouse, "tailrace_activations", "approved_by") == [(None,)]


@pytest.mark.parametrize(
    ("choice", "mark", "statuses"),
    [
        ("resend", Watermark(sending=1, acknowledged=1), ["acknowledged"]),
        ("skip", Watermark(sending=4, acknowledged=4), ["acknowledged", "skipped"]),
    ],
)
def test_rows_in_doubt_are_settled_as_a_person_says(
    warehouse: Warehouse, choice: str, mark: Watermark, statuses: list[str]
) -> None:
    """Resending forgets them, skipping keeps them from ever being sent."""
    registration = built(warehouse, values={"sync_mode": "incremental"})
    settle(warehouse, SCHEMA, registration, "run-1", 0, 1, [])
    mark_sending(warehouse, SCHEMA, registration, "run-1", 0, 4)
    synced = registration.synced_state(warehouse)
    warehouse.execute(
        f"insert into {synced} (_record_key, _status, _sent_to) values "
        "('a', 'acknowledged', 'braze_eu/users'), ('b', 'in_doubt', 'braze_eu/users'), "
        "('c', 'in_doubt', 'elsewhere/users')"
    )
    assert rows_in_doubt(warehouse, SCHEMA, registration) == (3, 1)
    assert resolve(warehouse, SCHEMA, registration, choice) == 4  # type: ignore[arg-type]
    assert watermarks(warehouse, SCHEMA, registration) == {0: mark}
    found = warehouse.rows(f"select _status from {synced} where _record_key <> 'c' order by 1")
    assert [status for (status,) in found] == statuses
    assert rows_in_doubt(warehouse, SCHEMA, registration) == (0, 0)


def test_runs_are_recorded(warehouse: Warehouse) -> None:
    """A run is there from its start, and tells at its end what it did."""
    registration = built(warehouse)
    assert last_run(warehouse, SCHEMA, registration) is None
    start_run(warehouse, SCHEMA, registration, "run-1")
    running = last_run(warehouse, SCHEMA, registration)
    assert running is not None
    assert (running.status, running.finished_at) == ("running", None)
    result = RunResult(
        status="rejected",
        acknowledged=3,
        rejected=2,
        requests=7,
        retries=1,
        operations={"insert": 2, "delete": 1},
        cause="rejected_rows",
        message="too many",
        exit_code=ExitCode.REJECTED,
    )
    finish_run(warehouse, SCHEMA, registration, "run-1", result)
    run = last_run(warehouse, SCHEMA, registration)
    assert run is not None
    assert run.finished_at is not None
    assert run.finished_at >= run.started_at
    assert (run.status, run.acknowledged_rows, run.exit_code) == ("rejected", 3, 1)
    columns = "insert_rows, update_rows, delete_rows, rejected_rows, requests, retries, message"
    assert all_rows(warehouse, "tailrace_runs", columns) == [(2, 0, 1, 2, 7, 1, "too many")]
    assert run.cause == "rejected_rows"


def test_a_pause_is_recorded_and_ends(warehouse: Warehouse) -> None:
    """With who and when; after it nothing is left, and other activations are not concerned."""
    other = built(warehouse, name="others")
    pause(warehouse, SCHEMA, other, "bob@laptop")
    registration = built(warehouse)
    place = (warehouse, SCHEMA, registration)
    assert circuit_of(*place) == Circuit()
    assert pause(*place, "ada@laptop").is_paused
    assert not circuit_of(*place).resumes_itself
    assert resume(*place).paused_by == "ada@laptop"
    columns = "activation, paused_by, failures"
    assert all_rows(warehouse, "tailrace_circuits", columns) == [("others", "bob@laptop", 0)]
    with pytest.raises(ConfigurationError, match="braze_vips is not paused"):
        resume(*place)


def test_failures_are_counted_until_one_run_ends_well(warehouse: Warehouse) -> None:
    """In one row an activation, with the last reason, and the pause once there are enough."""
    place = (warehouse, SCHEMA, built(warehouse))
    failed = RunResult(status="failed", cause="tls", message="braze_vips: TLS failed.")
    assert counted(*place, failed, 2) == failed
    assert "paused" in counted(*place, failed, 2).message
    columns = "relation, failures, cause, reason, delta_id, paused_by"
    row = ('"marketing"."braze_vips"', 2, "tls", "TLS failed.", "delta-1", "tailrace")
    assert all_rows(warehouse, "tailrace_circuits", columns) == [row]
    counted(*place, RunResult(status="done"), 2)
    assert all_rows(warehouse, "tailrace_circuits", columns) == []


def test_the_dead_are_told_from_the_living(warehouse: Warehouse) -> None:
    """A run that has the lease lives, whatever its clock says; the others died, and count once."""
    registration = built(warehouse, values={"lease_holder": "run-2"})
    other = built(warehouse, name="others")
    place = (warehouse, SCHEMA, registration)
    for number in (1, 2, 3):
        start_run(*place, f"run-{number}")
    start_run(warehouse, SCHEMA, other, "run-4")
    finish_run(*place, "run-3", RunResult(status="done"))
    for _ in range(2):
        count_dead_runs(*place)
        assert all_rows(warehouse, "tailrace_runs", "run_id, status, cause, exit_code") == [
            ("run-1", "died", "died", None),
            ("run-2", "running", None, None),
            ("run-3", "done", None, 0),
            ("run-4", "running", None, None),
        ]
        assert circuit_of(*place).failures == 1
