"""Histories in which a runner dies after the destination took a page (decision 0003)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from runner.sandbox import serve_in_thread
from tests.oracle.rules import ModelRow, Rules
from tests.oracle.world import Activation, World

BEFORE_WATERMARK = "acknowledged = case"
OLD = {"word": "old", "amount": "1.00", "big": None}
NEW = {"word": "new", "amount": "1.00", "big": None}
ANN, BOB = ("a", "1"), ("b", "2")


@pytest.fixture
def company(tmp_path: Path, project_root: Path) -> Iterator[tuple[World, Activation]]:
    """A mirror that has sent one person and whose destination is up to date."""
    (tmp_path / "profiles.yml").write_text(
        f"company: {{target: t, outputs: {{t: {{type: duckdb, path: {tmp_path}/company.duckdb}}}}}}"
    )
    duckdb.connect(str(tmp_path / "company.duckdb")).close()
    with serve_in_thread() as server:
        mirror = Activation(
            name="mirrored", service="braze.users", rules=Rules(mode="mirror"), server=server
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
    profiles = activation.server.state.by_external_id.items()
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
