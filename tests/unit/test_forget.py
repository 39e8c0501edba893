"""Taking a key out of an activation: what goes, what stays, and when nothing may be touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from runner.control import Registration, shard_sizes
from runner.errors import ConfigurationError, HeldError, UnavailableError
from runner.forget import Removal, forget
from runner.warehouse import Warehouse, connect
from runner.watermarks import settle, watermarks
from tests.support.warehouses import (
    ENGINES,
    SCHEMA,
    NeverCommits,
    all_rows,
    built,
    create_control_tables,
    duckdb_profile,
    engine_profile,
    refused,
)

EVENTS: dict[str, object] = {"sync_mode": "incremental", "service": "events"}


@pytest.fixture(params=ENGINES)
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    """Hand out a warehouse with empty control tables."""
    with closing(connect(engine_profile(request, tmp_path))) as connection:
        create_control_tables(connection)
        yield connection


@pytest.fixture
def duckdb(tmp_path: Path) -> Iterator[Warehouse]:
    """Hand out a DuckDB where the engine matters not."""
    with closing(connect(duckdb_profile(tmp_path))) as connection:
        create_control_tables(connection)
        yield connection


@dataclass(frozen=True, kw_only=True)
class Case:
    """What an activation holds of the key `ada`, and why it must not be forgotten, if so.

    Rows of the delta: operation, ordinal, record. Refusals: operation, ordinal, record.
    """

    mode: str = "mirror"
    delta: Sequence[tuple[str, int | None, str]] = ()
    settled: int = 0
    refusals: Sequence[tuple[str, int, str]] = ()
    resolved: bool = False
    in_doubt: bool = False
    synced: Sequence[str] = ()
    elsewhere: Sequence[str] = ()
    values: dict[str, object] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    says: str | None = None

    def build(self, warehouse: Warehouse, key: str = "ada") -> Registration:
        """Make it so."""
        rows = sum(ordinal is not None for _, ordinal, _ in self.delta)
        values = {"sync_mode": self.mode, "insert_rows": rows, **self.values}
        one = built(warehouse, shards=(), values=values, settings=self.settings)
        for operation, ordinal, record in self.delta:
            plan(warehouse, one, key, operation, ordinal, record)
        if self.settled:
            settle(warehouse, SCHEMA, one, "run-1", 0, self.settled, [])
        for operation, ordinal, record in self.refusals:
            warehouse.execute(
                "insert into marketing.tailrace_rejected_rows (relation, delta_id, shard, ordinal, "
                "operation, record_key, identifiers, in_doubt) "
                "values (?, 'delta-1', 0, ?, ?, ?, ?, ?)",
                [one.relation, ordinal, operation, key, record, self.in_doubt],
            )
        if self.resolved:
            table = SCHEMA.table(warehouse, "tailrace_rejected_rows")
            warehouse.execute(f"update {table} set resolved_at = {warehouse.now}")
        for records, place in ((self.synced, one.sent_to), (self.elsewhere, "crm/users")):
            for record in records:
                sync(warehouse, one, key, record, sent_to=place)
        return one


def plan(
    warehouse: Warehouse,
    registration: Registration,
    key: str,
    operation: str,
    ordinal: int | None,
    record: str,
    shard: int = 0,
) -> None:
    """Write a row of the delta."""
    warehouse.execute(
        f"insert into {registration.delta(warehouse)} (_delta_id, _shard, _ordinal, _operation, "
        "_record_key, _identifiers, _payload, _row_hash) values (?, ?, ?, ?, ?, ?, '{}', 'h')",
        ["delta-1", shard, ordinal, operation, key, record],
    )


def sync(
    warehouse: Warehouse,
    registration: Registration,
    key: str,
    record: str,
    *,
    sent_to: str = "braze_eu/users",
    status: str = "acknowledged",
) -> None:
    """Write a row of the synced state."""
    warehouse.execute(
        f"insert into {registration.synced_state(warehouse)} (_record_key, _identifiers, "
        "_attributes, _row_hash, _status, _sent_to) values (?, ?, '{}', 'h', ?, ?)",
        [key, record, status, sent_to],
    )


def kept(warehouse: Warehouse) -> dict[str, list[Any]]:
    """What the three tables hold: key and record."""
    return {
        "delta": all_rows(warehouse, "braze_vips", "_record_key, _identifiers"),
        "synced": all_rows(warehouse, "braze_vips__synced", "_record_key, _identifiers"),
        "rejected": all_rows(warehouse, "tailrace_rejected_rows", "record_key, identifiers"),
    }


CASES = {
    "upsert to be sent": Case(
        mode="upsert", delta=[("insert", 1, "a")], says=r"still to be sent.*dbt build and runner"
    ),
    "upsert sent": Case(mode="upsert", delta=[("insert", 1, "a")], settled=1, synced=["a"]),
    "upsert without a plan": Case(mode="upsert", synced=["a"]),
    "invalid": Case(mode="upsert", delta=[("invalid", None, "a")], synced=["a"]),
    "resting": Case(delta=[("resting", None, "a")], refusals=[("insert", 9, "a")]),
    "mirror that would delete later": Case(synced=["a"], says="braze_eu holds the record"),
    "mirror, invalid today": Case(delta=[("invalid", None, "a")], synced=["a"], says="holds the"),
    "mirror sent, not folded": Case(
        delta=[("insert", 1, "a")], settled=1, says="holds the record of this key"
    ),
    "mirror refused": Case(delta=[("insert", 1, "a")], settled=1, refusals=[("insert", 1, "a")]),
    "mirror refused, that an earlier request may have inserted": Case(
        delta=[("insert", 1, "a")],
        settled=1,
        refusals=[("insert", 1, "a")],
        in_doubt=True,
        says="holds the record",
    ),
    "mirror, delete to be sent": Case(
        delta=[("delete", 1, "a")], synced=["a"], says=r"was not told yet.*: run runner push"
    ),
    "mirror, delete of a delta that was never registered": Case(
        delta=[("delete", 1, "a")],
        synced=["a"],
        values={"delta_id": "delta-0"},
        says="holds the record",
    ),
    "mirror, delete held": Case(
        delta=[("delete", 1, "a")],
        synced=["a"],
        values={"hold_reason": "too many"},
        says="run runner approve braze_vips and runner push braze_vips",
    ),
    "mirror, delete sent": Case(delta=[("delete", 1, "a")], settled=1, synced=["a"]),
    "mirror, delete refused": Case(
        delta=[("delete", 1, "a")], settled=1, refusals=[("delete", 1, "a")], synced=["a"]
    ),
    "mirror, delete resting": Case(
        delta=[("resting", None, "a")], refusals=[("delete", 7, "a")], synced=["a"]
    ),
    "mirror, deleted once, back, and resting": Case(
        delta=[("resting", None, "a")],
        refusals=[("delete", 7, "a")],
        resolved=True,
        synced=["a"],
        says="holds the record",
    ),
    "mirror, moved to another record": Case(
        delta=[("insert", 1, "b"), ("delete", 2, "a")], settled=2, synced=["a"], says="holds the"
    ),
    "mirror that lets leavers be": Case(synced=["a"], settings={"on_leave": "ignore"}),
    "mirror that was sent elsewhere": Case(elsewhere=["a"]),
    "mirror that is built no more": Case(
        delta=[("insert", 1, "b")], synced=["a"], values={"removed_at": "2026-03-01 00:00:00"}
    ),
    "member": Case(mode="membership", synced=["a"], says="holds the record"),
    "delta that was never registered": Case(
        delta=[("insert", 1, "a")], values={**EVENTS, "delta_id": "delta-2"}, settled=1
    ),
    "event to be sent": Case(delta=[("insert", 1, "a")], values=EVENTS, says="still to be sent"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_nothing_that_is_still_to_be_done_is_forgotten(duckdb: Warehouse, case: Case) -> None:
    """A key goes from everywhere, or not at all while a row waits or the destination holds it."""
    registration = case.build(duckdb)
    if case.says:
        before = kept(duckdb)
        with pytest.raises(HeldError, match=case.says) as told:
            forget(duckdb, SCHEMA, registration, "ada")
        assert "ada" not in str(told.value)
        assert kept(duckdb) == before
    else:
        assert forget(duckdb, SCHEMA, registration, "ada") == Removal(
            synced_rows=len(case.synced) + len(case.elsewhere),
            delta_rows=len(case.delta),
            rejected_rows=len(case.refusals),
        )
        assert kept(duckdb) == {"delta": [], "synced": [], "rejected": []}


def test_only_this_key_of_this_activation_goes(warehouse: Warehouse) -> None:
    """Other keys and other activations keep their rows, and the push goes on where it was."""
    registration = built(warehouse, shards=(4, 2), values={"sync_mode": "upsert"})
    other = built(warehouse, name="crm_vips")
    for one in (registration, other):
        settle(warehouse, SCHEMA, one, "run-1", 0, 3, [refused(2)])
        warehouse.execute(
            "update marketing.tailrace_rejected_rows set record_key = 'key-0-3' "
            "where record_key = 'key-2' and relation = ?",
            [one.relation],
        )
        sync(warehouse, one, "key-0-3", "ada")
        sync(warehouse, one, "key-0-1", "bob")
    removal = forget(warehouse, SCHEMA, registration, "key-0-3")
    assert removal == Removal(synced_rows=1, delta_rows=1, rejected_rows=1)
    assert all_rows(warehouse, "tailrace_rejected_rows", "relation") == [(other.relation,)]
    assert all_rows(warehouse, "braze_vips__synced", "_record_key") == [("key-0-1",)]
    assert len(all_rows(warehouse, "crm_vips__synced", "_record_key")) == 2
    assert len(all_rows(warehouse, "crm_vips", "_record_key")) == 5
    with pytest.raises(ConfigurationError, match="check the value of id, letter by letter"):
        forget(warehouse, SCHEMA, registration, "key-0-3")


def test_a_shard_keeps_its_size(warehouse: Warehouse) -> None:
    """The last row of a shard may go, and every one of them."""
    registration = built(warehouse, shards=(3, 2))
    settle(warehouse, SCHEMA, registration, "run-1", 0, 3, [])
    settle(warehouse, SCHEMA, registration, "run-1", 1, 2, [])
    for key in ("key-0-3", "key-1-1", "key-1-2"):
        forget(warehouse, SCHEMA, registration, key)
        marks = watermarks(warehouse, SCHEMA, registration)
        assert shard_sizes(warehouse, registration, marks) == {0: 3, 1: 2}


def test_an_event_that_was_sent_keeps_its_key(warehouse: Warehouse) -> None:
    """The key alone stays in the synced state, also if no build has folded the event yet."""
    delta = [("insert", 1, "a")]
    registration = Case(delta=delta, settled=1, elsewhere=["a"], values=EVENTS).build(warehouse)
    sync(warehouse, registration, "b1", "b", status="in_doubt")
    assert forget(warehouse, SCHEMA, registration, "ada").delta_rows == 1
    assert forget(warehouse, SCHEMA, registration, "b1").synced_rows == 1
    columns = "_record_key, _identifiers, _attributes, _row_hash, _status, _sent_to"
    assert all_rows(warehouse, "braze_vips__synced", columns) == [
        ("ada", "{}", "{}", None, "acknowledged", "braze_eu/users"),
        ("ada", "{}", "{}", None, "acknowledged", "crm/users"),
        ("b1", "{}", "{}", None, "in_doubt", "braze_eu/users"),
    ]
    assert kept(warehouse)["delta"] == []
    with pytest.raises(ConfigurationError, match="neither its synced state"):
        forget(warehouse, SCHEMA, registration, "ada")


def test_an_event_that_was_refused_is_gone(duckdb: Warehouse) -> None:
    """What the destination did not take leaves no key behind."""
    refusals = [("insert", 1, "a")]
    case = Case(delta=refusals, settled=1, refusals=refusals, values=EVENTS)
    forget(duckdb, SCHEMA, case.build(duckdb), "ada")
    assert kept(duckdb) == {"delta": [], "synced": [], "rejected": []}


def test_a_record_that_was_taken_over_has_no_former_owner(duckdb: Warehouse) -> None:
    """What the next build would have superseded goes with the row that says so."""
    case = Case(mode="upsert", delta=[("insert", 1, "a")], settled=1)
    registration = case.build(duckdb)
    sync(duckdb, registration, "bob", "a")
    sync(duckdb, registration, "bob", "a", sent_to="crm/users")
    sync(duckdb, registration, "cid", "c")
    forget(duckdb, SCHEMA, registration, "ada")
    assert kept(duckdb)["synced"] == [("bob", "a"), ("cid", "c")]


@pytest.mark.parametrize("transactional", [True, False])
@pytest.mark.parametrize("mode", ["upsert", "incremental"])
@pytest.mark.parametrize("allowed", range(4))
def test_dying_on_the_way(
    duckdb: Warehouse, allowed: int, mode: str, *, transactional: bool
) -> None:
    """Nothing is done where the warehouse has transactions; elsewhere a repeat does the rest."""
    delta = [("insert", 1, "a"), ("insert", 2, "b")]
    case = Case(mode=mode, delta=delta, settled=2, refusals=[("insert", 2, "b")], synced=["a"])
    registration = case.build(duckdb)
    before = kept(duckdb)
    dying = NeverCommits(duckdb, transactional=transactional)
    dying.allowed = allowed
    with pytest.raises(UnavailableError):
        forget(dying, SCHEMA, registration, "ada")
    refusals = kept(duckdb)["rejected"]
    assert refusals == [("ada", "b")], "a row without its refusal passes for acknowledged"
    if transactional:
        assert kept(duckdb) == before
    forget(duckdb, SCHEMA, registration, "ada")
    synced = [("ada", "{}")] if mode == "incremental" else []
    assert kept(duckdb) == {"delta": [], "synced": synced, "rejected": []}
