"""Leases: one runner an activation, and what becomes of those that died, on both engines."""

from __future__ import annotations

import pytest

from runner.errors import ConfigurationError, HeldError
from runner.keeper import LeaseKeeper, seconds_since_start
from runner.lease import (
    WholeLease,
    current_lease,
    lease_is_live,
)
from runner.warehouse import Warehouse
from tests.support.warehouses import (
    SCHEMA,
    all_rows,
    built,
)

ACTIVATIONS = "marketing.tailrace_activations"


@pytest.fixture(autouse=True)
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long a runner watched a dead one's lease; nobody waits in a test."""
    seen: list[float] = []
    monkeypatch.setattr("runner.lease.sleep", seen.append)
    return seen


def test_a_lease_keeps_other_runners_out(warehouse: Warehouse) -> None:
    """One run has the lease until it gives it back; others are told whose it is."""
    registration = built(warehouse)
    WholeLease(warehouse, SCHEMA, registration, "run-1").take()
    assert WholeLease(warehouse, SCHEMA, registration, "run-1").is_held()
    with pytest.raises(HeldError, match="run run-1"):
        WholeLease(warehouse, SCHEMA, registration, "run-2").take()
    assert not WholeLease(warehouse, SCHEMA, registration, "run-2").renew()
    WholeLease(warehouse, SCHEMA, registration, "run-2").release()
    assert WholeLease(warehouse, SCHEMA, registration, "run-1").renew()
    WholeLease(warehouse, SCHEMA, registration, "run-1").release()
    WholeLease(warehouse, SCHEMA, registration, "run-2").take()


def test_a_dead_runners_lease_is_taken_over(warehouse: Warehouse) -> None:
    """Two minutes without a sign of life free the activation, and the dead run notices."""
    registration = built(warehouse)
    WholeLease(warehouse, SCHEMA, registration, "run-1").take()
    table = SCHEMA.table(warehouse, "tailrace_activations")
    for seconds, free in ((110, False), (130, True)):
        warehouse.execute(
            f"update {table} set lease_heartbeat_at = {warehouse.seconds_ago(seconds)}"
        )
        assert lease_is_live(warehouse, SCHEMA, registration) != free
        if free:
            WholeLease(warehouse, SCHEMA, registration, "run-2").take()
        else:
            with pytest.raises(HeldError):
                WholeLease(warehouse, SCHEMA, registration, "run-2").take()
    assert not WholeLease(warehouse, SCHEMA, registration, "run-1").is_held()


def test_a_rebuilt_activation_is_not_pushed_with_an_old_registration(warehouse: Warehouse) -> None:
    """A build between reading the registration and taking the lease is noticed."""
    old = built(warehouse)
    built(warehouse, delta_id="delta-2")
    with pytest.raises(ConfigurationError, match="built again"):
        WholeLease(warehouse, SCHEMA, old, "run-1").take()
    assert all_rows(warehouse, "tailrace_activations", "lease_holder") == [(None,)]


@pytest.mark.parametrize("seconds", [-130, 130])
def test_a_lease_is_not_taken_over_while_its_heart_beats(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """The warehouse's clock jumps, so a live lease looks dead: its next sign of life saves it."""
    registration = built(warehouse)
    WholeLease(warehouse, SCHEMA, registration, "run-1").take()
    ago = warehouse.seconds_ago(seconds)
    warehouse.execute(f"update {ACTIVATIONS} set lease_heartbeat_at = {ago}")

    def live_on(_seconds: float) -> None:
        ago = warehouse.seconds_ago(seconds - 1)
        warehouse.execute(f"update {ACTIVATIONS} set lease_heartbeat_at = {ago}")

    monkeypatch.setattr("runner.lease.sleep", live_on)
    with pytest.raises(HeldError, match="run run-1"):
        WholeLease(warehouse, SCHEMA, registration, "run-2").take()
    assert WholeLease(warehouse, SCHEMA, registration, "run-1").is_held()


def test_taking_over_is_announced(warehouse: Warehouse, naps: list[float]) -> None:
    """A person who waits is told for what; a free lease is taken at once."""
    registration = built(warehouse)
    told: list[str] = []
    WholeLease(warehouse, SCHEMA, registration, "run-1").take(told.append)
    assert told == []
    ago = warehouse.seconds_ago(500)
    warehouse.execute(f"update {ACTIVATIONS} set lease_heartbeat_at = {ago}")
    WholeLease(warehouse, SCHEMA, registration, "run-2").take(told.append)
    (said,) = told
    assert said.startswith("braze_vips: run run-1 seems to have died; waiting 30 s to see whether")
    assert naps == [30.0]


def test_the_time_until_a_runner_counts_as_dead_is_a_setting(warehouse: Warehouse) -> None:
    """A build registers it; runner, build and messages go by it."""
    registration = built(warehouse, settings={"lease_seconds": 600})
    WholeLease(warehouse, SCHEMA, registration, "run-1").take()
    ago = warehouse.seconds_ago(500)
    warehouse.execute(f"update {ACTIVATIONS} set lease_heartbeat_at = {ago}")
    with pytest.raises(HeldError, match="gives way 600 s after"):
        WholeLease(warehouse, SCHEMA, registration, "run-2").take()


def test_a_builds_lease_is_never_taken_over(warehouse: Warehouse) -> None:
    """However long ago it began: whoever dies in a build leaves a delta that was not tested."""
    registration = built(warehouse)
    ago = warehouse.seconds_ago(100_000)
    warehouse.execute(
        f"update {ACTIVATIONS} set lease_holder = 'build 1', lease_heartbeat_at = {ago}"
    )
    with pytest.raises(HeldError, match="braze_vips is being built: wait for that run of dbt"):
        WholeLease(warehouse, SCHEMA, registration, "run-1").take()
    assert current_lease(warehouse, SCHEMA, registration).is_builds
    assert not lease_is_live(warehouse, SCHEMA, registration)


def test_a_run_sends_nothing_once_its_lease_may_be_gone(warehouse: Warehouse) -> None:
    """It counts by a clock of its own, and stops before anybody may take over."""
    now = [0.0]
    registration = built(warehouse, settings={"lease_seconds": 60})
    keeper = LeaseKeeper(registration, lambda: True, clock=lambda: now[0])
    fresh = []
    for later in (49.0, 51.0):
        now[0] = later
        fresh.append(keeper.is_fresh)
    assert fresh == [True, False]
    assert seconds_since_start() <= seconds_since_start()
