"""Taking a key out of an activation: what goes, what stays, and when nothing may be touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runner.control import shard_sizes
from runner.errors import ConfigurationError, HeldError, UnavailableError
from runner.forget import Removal, forget
from runner.warehouse import Warehouse, connect
from runner.watermarks import settle, watermarks
from tests.support.forgetting import CASES, EVENTS, Case, sync
from tests.support.warehouses import (
    SCHEMA,
    NeverCommits,
    all_rows,
    built,
    create_control_tables,
    duckdb_profile,
    refused,
)


@pytest.fixture
def duckdb(tmp_path: Path) -> Iterator[Warehouse]:
    """Hand out a DuckDB where the engine matters not."""
    with closing(connect(duckdb_profile(tmp_path))) as connection:
        create_control_tables(connection)
        yield connection


def kept(warehouse: Warehouse) -> dict[str, list[Any]]:
    """What the three tables hold: key and record."""
    return {
        "delta": all_rows(warehouse, "braze_vips", "_record_key, _identifiers"),
        "synced": all_rows(warehouse, "braze_vips__synced", "_record_key, _identifiers"),
        "rejected": all_rows(warehouse, "tailrace_rejected_rows", "record_key, identifiers"),
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
