"""Leases, decisions of people, and the record of runs, on DuckDB and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from runner.control import registrations
from runner.decisions import approve, resolve, rows_in_doubt
from runner.errors import ConfigurationError, ExitCode, HeldError
from runner.lease import holds_lease, lease_is_live, release_lease, renew_lease, take_lease
from runner.report import RunResult
from runner.runs import finish_run, last_run, start_run
from runner.warehouse import Warehouse, connect
from runner.watermarks import Watermark, mark_sending, settle, watermarks
from tests.support.warehouses import (
    ENGINES,
    SCHEMA,
    all_rows,
    built,
    create_control_tables,
    engine_profile,
)


@pytest.fixture(params=ENGINES)
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    """Hand out a warehouse with empty control tables."""
    with closing(connect(engine_profile(request, tmp_path))) as connection:
        create_control_tables(connection)
        yield connection


def test_a_lease_keeps_other_runners_out(warehouse: Warehouse) -> None:
    """One run has the lease until it gives it back; others are told whose it is."""
    registration = built(warehouse)
    take_lease(warehouse, SCHEMA, registration, "run-1")
    assert holds_lease(warehouse, SCHEMA, registration, "run-1")
    with pytest.raises(HeldError, match="run run-1"):
        take_lease(warehouse, SCHEMA, registration, "run-2")
    assert not renew_lease(warehouse, SCHEMA, registration, "run-2")
    release_lease(warehouse, SCHEMA, registration, "run-2")
    assert renew_lease(warehouse, SCHEMA, registration, "run-1")
    release_lease(warehouse, SCHEMA, registration, "run-1")
    take_lease(warehouse, SCHEMA, registration, "run-2")


def test_a_dead_runners_lease_is_taken_over(warehouse: Warehouse) -> None:
    """Two minutes without a sign of life free the activation, and the dead run notices."""
    registration = built(warehouse)
    take_lease(warehouse, SCHEMA, registration, "run-1")
    table = SCHEMA.table(warehouse, "tailrace_activations")
    for seconds, free in ((110, False), (130, True)):
        warehouse.execute(
            f"update {table} set lease_heartbeat_at = {warehouse.seconds_ago(seconds)}"
        )
        assert lease_is_live(warehouse, SCHEMA, registration) != free
        if free:
            take_lease(warehouse, SCHEMA, registration, "run-2")
        else:
            with pytest.raises(HeldError):
                take_lease(warehouse, SCHEMA, registration, "run-2")
    assert not holds_lease(warehouse, SCHEMA, registration, "run-1")


def test_settling_is_a_sign_of_life(warehouse: Warehouse) -> None:
    """Each watermark renews the lease."""
    registration = built(warehouse)
    take_lease(warehouse, SCHEMA, registration, "run-1")
    table = SCHEMA.table(warehouse, "tailrace_activations")
    warehouse.execute(f"update {table} set lease_heartbeat_at = {warehouse.seconds_ago(500)}")
    settle(warehouse, SCHEMA, registration, "run-1", 0, 1, [])
    with pytest.raises(HeldError):
        take_lease(warehouse, SCHEMA, registration, "run-2")


def test_a_rebuilt_activation_is_not_pushed_with_an_old_registration(warehouse: Warehouse) -> None:
    """A build between reading the registration and taking the lease is noticed."""
    old = built(warehouse)
    built(warehouse, delta_id="delta-2")
    with pytest.raises(ConfigurationError, match="built again"):
        take_lease(warehouse, SCHEMA, old, "run-1")
    assert all_rows(warehouse, "tailrace_activations", "lease_holder") == [(None,)]


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
        f"insert into {synced} (_record_key, _status) values ('a', 'acknowledged'), "
        "('b', 'in_doubt')"
    )
    assert rows_in_doubt(warehouse, SCHEMA, registration) == (3, 1)
    assert resolve(warehouse, SCHEMA, registration, choice) == 4  # type: ignore[arg-type]
    assert watermarks(warehouse, SCHEMA, registration) == {0: mark}
    found = warehouse.rows(f"select _status from {synced} order by 1")
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
