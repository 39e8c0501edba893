"""Histories in which a runner dies after the destination took a page (decision 0003)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest

from runner.sandbox import serve_in_thread
from runner.sandbox.braze import Braze
from tests.oracle.faults import FaultyWarehouse
from tests.oracle.rules import ModelRow, Rules
from tests.oracle.world import Activation, World

BEFORE_WATERMARK = "acknowledged = case"
OLD = {"word": "old", "amount": "1.00", "big": None}
NEW = {"word": "new", "amount": "1.00", "big": None}
NULL = {"word": None, "amount": "1.00", "big": None}
ANN, BOB = ("a", "1"), ("b", "2")


class WithoutTransactions(FaultyWarehouse):
    """Every statement takes effect by itself."""

    transactional = False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Nothing is rolled back."""
        yield


@pytest.fixture(params=[Rules(mode="mirror")])
def company(
    tmp_path: Path, project_root: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[World, Activation]]:
    """A mirror, or what the parameter says, that has sent one person and is up to date."""
    (tmp_path / "profiles.yml").write_text(
        f"company: {{target: t, outputs: {{t: {{type: duckdb, path: {tmp_path}/company.duckdb}}}}}}"
    )
    duckdb.connect(str(tmp_path / "company.duckdb")).close()
    with serve_in_thread(Braze()) as server:
        mirror = Activation(
            name="mirrored", service="braze.users", rules=replace(request.param), server=server
        )
        world = World(tmp_path, project_root, [mirror])
        _sync(world, mirror, [ModelRow(ANN, "u1", OLD)])
        assert _held(mirror) == {"u1": "old"}
        yield world, mirror


def _sync(
    world: World, activation: Activation, people: list[ModelRow], *, dies: bool = False
) -> None:
    world.people = people
    world.expire_leases()
    world.build()
    result = world.push(activation, BEFORE_WATERMARK if dies else None)
    assert (result is None) is dies


def _held(activation: Activation) -> dict[str, object]:
    profiles = activation.server.sandbox.state.by_external_id.items()
    return {identifier: each.custom_attributes.get("word") for identifier, each in profiles}


def test_a_change_that_is_taken_back_is_taken_back_at_the_destination(
    company: tuple[World, Activation],
) -> None:
    """A value that was perhaps sent does not stay when the model returns to the one before."""
    world, mirror = company
    _sync(world, mirror, [ModelRow(ANN, "u1", NEW)], dies=True)
    assert _held(mirror) == {"u1": "new"}
    _sync(world, mirror, [ModelRow(ANN, "u1", OLD)])
    assert _held(mirror) == {"u1": "old"}


def test_a_row_that_was_perhaps_inserted_is_deleted_when_it_leaves(
    company: tuple[World, Activation],
) -> None:
    """A record that nobody acknowledged is not forgotten at the destination."""
    world, mirror = company
    both = [ModelRow(ANN, "u1", OLD), ModelRow(BOB, "u2", OLD)]
    _sync(world, mirror, both, dies=True)
    assert set(_held(mirror)) == {"u1", "u2"}
    _sync(world, mirror, both[:1])
    assert set(_held(mirror)) == {"u1"}


def test_a_row_that_was_perhaps_deleted_is_inserted_when_it_returns(
    company: tuple[World, Activation],
) -> None:
    """A record that a lost run deleted does not pass for synced."""
    world, mirror = company
    _sync(world, mirror, [], dies=True)
    assert _held(mirror) == {}
    _sync(world, mirror, [ModelRow(ANN, "u1", OLD)])
    assert _held(mirror) == {"u1": "old"}


def test_a_row_that_was_perhaps_inserted_and_then_refused_is_deleted_when_it_leaves(
    company: tuple[World, Activation],
) -> None:
    """The refusal of the second request says nothing of the first one."""
    world, mirror = company
    both = [ModelRow(ANN, "u1", OLD), ModelRow(BOB, "u2", OLD)]
    _sync(world, mirror, both, dies=True)
    world.expire_leases()
    sandbox = mirror.server.sandbox
    sandbox.refuse({"u2": "NO_MORE"})
    world.push(mirror)
    sandbox.refuse({})
    _sync(world, mirror, both[:1])
    assert set(_held(mirror)) == {"u1"}


def test_a_row_that_was_refused_and_then_perhaps_taken_is_deleted_when_it_leaves(
    company: tuple[World, Activation],
) -> None:
    """A refusal whose run died before the watermark says nothing of the run that came after it."""
    world, mirror = company
    both = [ModelRow(ANN, "u1", OLD), ModelRow(BOB, "u2", OLD)]
    with patch("tests.oracle.world.FaultyWarehouse", WithoutTransactions):
        mirror.server.sandbox.refuse({"u2": "NOT_NOW"})
        _sync(world, mirror, both, dies=True)
        mirror.server.sandbox.refuse({})
        world.expire_leases()
        assert world.push(mirror, BEFORE_WATERMARK) is None
        assert set(_held(mirror)) == {"u1", "u2"}
        _sync(world, mirror, both[:1])
    assert set(_held(mirror)) == {"u1"}


@pytest.mark.parametrize("company", [Rules(mode="upsert", nulls="skip")], indirect=True)
def test_a_skipped_null_leaves_in_doubt_what_was_in_doubt(
    company: tuple[World, Activation],
) -> None:
    """A value that may have been overwritten does not pass for the one that is held."""
    world, upsert = company
    _sync(world, upsert, [ModelRow(ANN, "u1", NEW)], dies=True)
    _sync(world, upsert, [ModelRow(ANN, "u1", NULL)])
    assert _held(upsert) == {"u1": "new"}
    _sync(world, upsert, [ModelRow(ANN, "u1", OLD)])
    assert _held(upsert) == {"u1": "old"}


@pytest.mark.parametrize("company", [Rules(mode="upsert", nulls="skip")], indirect=True)
def test_a_skipped_null_does_not_make_a_value_that_was_perhaps_sent_a_known_one(
    company: tuple[World, Activation],
) -> None:
    """A value that never arrived is sent when the model has it again."""
    world, upsert = company
    none, seven = (ModelRow(BOB, "u2", {**OLD, "amount": amount}) for amount in (None, "7.00"))
    _sync(world, upsert, [none])
    world.people = [seven]
    world.build()
    assert world.push(upsert, "updated_at) values", after=True) is None
    _sync(world, upsert, [none])
    _sync(world, upsert, [seven])
    amount = upsert.server.sandbox.state.by_external_id["u2"].custom_attributes["amount"]
    assert float(str(amount)) == 7
