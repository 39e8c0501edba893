"""Leases of parts: several runners an activation, each on a part of its own, on both engines."""

from __future__ import annotations

import pytest
from click import BadParameter

from runner.errors import ConfigurationError, HeldError
from runner.lease import WholeLease, current_lease
from runner.part_lease import PartLease
from runner.parts import Part
from runner.runs import dead_runs, start_run
from runner.warehouse import Warehouse
from tests.support.warehouses import (
    SCHEMA,
    all_rows,
    built,
)

ACTIVATIONS = "marketing.tailrace_activations"
PARTS = "marketing.tailrace_part_leases"


@pytest.fixture(autouse=True)
def _no_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits in a test."""
    monkeypatch.setattr("runner.lease.sleep", lambda _: None)


def holder(warehouse: Warehouse) -> object:
    """Who has the activation."""
    ((name,),) = all_rows(warehouse, "tailrace_activations", "lease_holder")
    return name


def leased(warehouse: Warehouse, *written: str, delta: str = "delta-1") -> list[PartLease]:
    """These parts of a new delta, each taken."""
    registration = built(warehouse, delta_id=delta)
    taken = [
        PartLease(warehouse, SCHEMA, registration, f"run-{each}", Part.parse(each))
        for each in written
    ]
    for each in taken:
        each.take(lambda _: None)
    return taken


def test_a_part_is_written_as_a_fraction() -> None:
    """Shards go round; what is no part is told with an example."""
    parts = [Part.parse(f"{number}/3") for number in (1, 2, 3)]
    assert [[part.has(shard) for part in parts].index(True) for shard in range(6)] == [0, 1, 2] * 2
    for wrong in ("0/3", "4/3", "3", "a/b", "1/0", "-1/3"):
        with pytest.raises(BadParameter, match="write 2/8 for the second of eight"):
            Part.parse(wrong)


def test_runners_of_different_parts_share_an_activation(warehouse: Warehouse) -> None:
    """The last of them gives it back; until then nobody gets the whole."""
    first, second = leased(warehouse, "1/2", "2/2")
    assert (first.renew(), second.renew()) == (True, True)
    first.release()
    assert (first.renew(), second.is_held()) == (False, True)
    with pytest.raises(HeldError, match="is being pushed in parts: wait for its runners"):
        WholeLease(warehouse, SCHEMA, first._registration, "run-whole").take()
    second.release()
    assert (holder(warehouse), all_rows(warehouse, "tailrace_part_leases", "*")) == (None, [])


@pytest.mark.parametrize("written", ["1/2", "1/3", "3/3"])
def test_nobody_else_gets_a_part(warehouse: Warehouse, written: str) -> None:
    """Nor any part of another division; who is refused leaves nothing behind."""
    (first,) = leased(warehouse, "1/2")
    other = PartLease(warehouse, SCHEMA, first._registration, "run-b", Part.parse(written))
    with pytest.raises(
        HeldError, match=r"its part 1/2 is being pushed by another runner \(run run"
    ):
        other.take(lambda _: None)
    assert first.is_held()
    assert len(all_rows(warehouse, "tailrace_part_leases", "run_id")) == 1


def test_a_runner_of_the_whole_keeps_parts_out(warehouse: Warehouse) -> None:
    """They leave nothing behind, and its lease is its own."""
    registration = built(warehouse)
    WholeLease(warehouse, SCHEMA, registration, "run-whole").take()
    part = PartLease(warehouse, SCHEMA, registration, "run-1/2", Part.parse("1/2"))
    with pytest.raises(HeldError, match="another runner \\(run run-whole\\)"):
        part.take(lambda _: None)
    assert holder(warehouse) == "run-whole"
    assert all_rows(warehouse, "tailrace_part_leases", "run_id") == []
    WholeLease(warehouse, SCHEMA, registration, "run-whole").release()
    part.take(lambda _: None)


def test_a_dead_runners_part_is_taken_over(warehouse: Warehouse) -> None:
    """After a look whether it lives; the others are not disturbed, and the dead one notices."""
    dead, alive = leased(warehouse, "1/2", "2/2")
    ago = warehouse.seconds_ago(130)
    warehouse.execute(f"update {PARTS} set lease_heartbeat_at = {ago} where part = 1")
    said: list[str] = []
    heir = PartLease(warehouse, SCHEMA, alive._registration, "run-heir", Part.parse("1/2"))
    heir.take(said.append)
    assert "braze_vips: run run-1/2 of part 1/2 seems to have died; waiting 30 s" in said[0]
    assert (dead.renew(), dead.is_held(), heir.renew(), alive.renew()) == (False, False, True, True)


def test_a_part_is_not_taken_over_while_its_heart_beats(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The warehouse's clock jumped: the next sign of life saves it."""
    (first,) = leased(warehouse, "1/2")
    ago = warehouse.seconds_ago(130)
    warehouse.execute(f"update {PARTS} set lease_heartbeat_at = {ago}")

    def live_on(_seconds: float) -> None:
        warehouse.execute(f"update {PARTS} set lease_heartbeat_at = {warehouse.seconds_ago(129)}")

    monkeypatch.setattr("runner.lease.sleep", live_on)
    heir = PartLease(warehouse, SCHEMA, first._registration, "run-heir", Part.parse("1/2"))
    with pytest.raises(HeldError, match="part 1/2 is being pushed"):
        heir.take(lambda _: None)
    assert first.is_held()


def test_a_build_that_took_over_ends_every_part(warehouse: Warehouse) -> None:
    """And the delta that it makes forgets them."""
    parts = leased(warehouse, "1/2", "2/2")
    warehouse.execute(f"update {ACTIVATIONS} set lease_holder = 'build 1'")
    assert [part.renew() for part in parts] == [False, False]
    registration = built(warehouse, delta_id="delta-2")
    fresh = PartLease(warehouse, SCHEMA, registration, "run-2", Part.parse("1/2"))
    warehouse.execute(f"update {ACTIVATIONS} set lease_holder = null")
    fresh.take(lambda _: None)
    assert all_rows(warehouse, "tailrace_part_leases", "delta_id") == [("delta-2",)]


def test_a_run_of_an_older_delta_disturbs_nobody(warehouse: Warehouse) -> None:
    """It read its registration before the build; who sends the new delta keeps his part."""
    old = built(warehouse)
    (current,) = leased(warehouse, "1/2", delta="delta-2")
    late = PartLease(warehouse, SCHEMA, old, "run-late", Part.parse("1/2"))
    with pytest.raises(ConfigurationError, match="was built again while this push began"):
        late.take(lambda _: None)
    assert current.renew()
    assert all_rows(warehouse, "tailrace_part_leases", "run_id") == [("run-1/2",)]


def test_a_sign_of_life_at_the_last_moment_counts(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the dead runner's row and its removal: the part stays where it is."""
    (first,) = leased(warehouse, "1/2")
    ago = warehouse.seconds_ago(130)
    warehouse.execute(f"update {PARTS} set lease_heartbeat_at = {ago}")
    heir = PartLease(warehouse, SCHEMA, first._registration, "run-heir", Part.parse("1/2"))
    forget = heir._forget

    def beaten(condition: str, *values: object) -> None:
        if values == ("run-1/2",):
            first.renew()
        forget(condition, *values)

    monkeypatch.setattr(heir, "_forget", beaten)
    with pytest.raises(HeldError, match="part 1/2 is being pushed"):
        heir.take(lambda _: None)
    assert first.is_held()


def test_whoever_comes_while_the_last_one_goes_is_seen(warehouse: Warehouse) -> None:
    """Its row is there before it takes the common lease, so that is not given back."""
    (first,) = leased(warehouse, "1/2")
    second = PartLease(warehouse, SCHEMA, first._registration, "run-2/2", Part.parse("2/2"))
    second._write()
    first.release()
    assert current_lease(warehouse, SCHEMA, first._registration).holder == "parts"
    second.take(lambda _: None)
    assert second.renew()


def test_a_part_that_nobody_keeps_alive_holds_nothing_back(warehouse: Warehouse) -> None:
    """The last one that lives gives the activation back."""
    _, alive = leased(warehouse, "1/2", "2/2")
    ago = warehouse.seconds_ago(130)
    warehouse.execute(f"update {PARTS} set lease_heartbeat_at = {ago} where part = 1")
    alive.release()
    assert holder(warehouse) is None


def test_a_run_of_a_part_is_dead_without_a_sign_of_life(warehouse: Warehouse) -> None:
    """While it gives signs of life it is not, though another run holds the activation's lease."""
    (first,) = leased(warehouse, "1/2")
    place = (warehouse, SCHEMA, first._registration)
    start_run(*place, "run-1/2")
    assert dead_runs(*place) == []
    warehouse.execute(f"update {PARTS} set lease_heartbeat_at = {warehouse.seconds_ago(130)}")
    assert dead_runs(*place) == [("run-1/2", "delta-1")]
