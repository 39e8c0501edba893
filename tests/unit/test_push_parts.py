"""Promises of a push of one part of the shards, beside runners of the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.errors import ExitCode
from runner.part_lease import PartLease
from runner.parts import Part
from tests.support.destination import OK, Answer, Request, service
from tests.support.scene import Scene
from tests.support.scene import scene as new_scene
from tests.support.warehouses import SCHEMA, all_rows

FIRST, SECOND = Part.parse("1/2"), Part.parse("2/2")


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A scene in which back-offs are short."""
    monkeypatch.setattr("runner.asking.FIRST_WAIT", 0.001)
    with new_scene(tmp_path) as made:
        made.options = {"attempts": 1}
        yield made


def test_a_part_is_its_shards_and_no_others(scene: Scene) -> None:
    """Both together send everything once; each tells of its own rows."""
    scene.build(("insert", 5), shards=3)
    assert (scene.push(part=FIRST).acknowledged, scene.heard.total) == (10, 10)
    assert scene.marks() == {0: (5, 5), 2: (5, 5)}
    assert (scene.push(part=SECOND).acknowledged, scene.heard.total) == (5, 5)
    assert scene.marks() == {0: (5, 5), 1: (5, 5), 2: (5, 5)}
    assert len(scene.destination.keys) == len(set(scene.destination.keys)) == 15
    assert scene.lease() is None
    assert all_rows(scene.warehouse, "tailrace_part_leases", "*") == []


def test_a_part_without_shards_has_nothing_to_send(scene: Scene) -> None:
    """An activation of one shard is the first part's."""
    scene.build(("insert", 5))
    result = scene.push(part=SECOND)
    assert (result.status, scene.heard.total, scene.destination.keys) == ("done", 0, [])


def test_a_dry_run_shows_its_part(scene: Scene) -> None:
    """And takes no lease."""
    scene.build(("insert", 5), shards=2)
    scene.push(part=SECOND, dry_run=True)
    assert [body.count('"key"') for *_, body in scene.heard.requests] == [5]
    assert "1-1" in scene.heard.requests[0][3]


def test_a_part_that_another_runner_has_is_held(scene: Scene) -> None:
    """Nothing is sent, and the other one keeps it."""
    scene.build(("insert", 5), shards=2)
    other = PartLease(scene.warehouse, SCHEMA, scene.registration, "other", FIRST)
    other.take(lambda _: None)
    result = scene.push(part=FIRST)
    assert (result.status, result.exit_code) == ("held", ExitCode.HELD)
    assert "its part 1/2 is being pushed by another runner (run other)" in result.message
    assert scene.destination.requests == []
    assert scene.push(part=SECOND).status == "done"
    assert (scene.lease(), other.is_held()) == ("parts", True)


def test_events_in_doubt_hold_their_part_alone(scene: Scene) -> None:
    """What another part has in flight is no doubt of this one."""
    scene.service = service(repeatable=False)
    scene.build(("insert", 5), shards=2)

    def behave(request: Request) -> Answer:
        return Answer(status=503) if "0-1" in request.keys else OK

    scene.destination.behave = behave
    assert scene.push(part=FIRST).exit_code is ExitCode.UNAVAILABLE
    assert scene.marks() == {0: (5, 0)}
    assert scene.push(part=SECOND).status == "done"
    held = scene.push(part=FIRST)
    assert (held.status, held.exit_code) == ("held", ExitCode.HELD)
    assert "5 events may or may not have reached braze_eu" in held.message
