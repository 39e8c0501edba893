"""What a push asks of the warehouse when there is little to do: it never polls."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.destination import Answer
from tests.support.scene import Scene
from tests.support.scene import scene as new_scene

SILENCE = 3.3
NUMBER = re.compile(r"\d+")  # the seconds of a lease
# A push that has nothing to send: lease, what stands in its way, its run, watermarks, delta.
NOTHING_TO_SEND = 20


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A scene whose warehouse can be listened to."""
    with new_scene(tmp_path) as made:
        yield made


def _statements(scene: Scene) -> list[str]:
    """Push, and give back the statements of it."""
    said: list[str] = []
    kind = type(scene.warehouse)

    class Listening(kind):  # type: ignore[misc, valid-type]  # the class is the driver's own
        """The warehouse, with somebody who writes down what it hears."""

        def execute(self, sql: str, parameters: object = ()) -> int:
            """Run a statement."""
            said.append(NUMBER.sub("#", sql))
            return int(super().execute(sql, parameters))

        def rows(self, sql: str, parameters: object = ()) -> Iterator[tuple[Any, ...]]:
            """Run a query."""
            said.append(NUMBER.sub("#", sql))
            yield from super().rows(sql, parameters)

    scene.warehouse.__class__ = Listening
    assert scene.push().status == "done"
    scene.warehouse.__class__ = kind
    return said


def _send_again_slowly(scene: Scene, lease_seconds: int) -> list[str]:
    scene.destination.behave = lambda _: Answer(silence=SILENCE)
    settings = json.dumps({**scene.registration.settings, "lease_seconds": lease_seconds})
    scene.warehouse.execute("update marketing.tailrace_activations set settings = ?", [settings])
    scene.warehouse.execute("delete from marketing.tailrace_watermarks")
    return _statements(scene)


def test_a_push_with_nothing_to_send_says_the_same_few_things(scene: Scene) -> None:
    """However many rows were settled before."""
    scene.build()
    empty = _statements(scene)
    assert len(empty) <= NOTHING_TO_SEND
    scene.build(("insert", 5000))
    scene.push()
    assert _statements(scene) == empty


def test_a_page_that_takes_long_asks_nothing_of_the_warehouse(scene: Scene) -> None:
    """The statements are those of a page that is answered at once."""
    scene.build(("insert", 5))
    at_once = _statements(scene)
    assert _send_again_slowly(scene, lease_seconds=120) == at_once


def test_signs_of_life_alone_come_beside(scene: Scene) -> None:
    """One in each sixth of the lease: an update, and a look whether it is still there."""
    scene.build(("insert", 5))
    at_once = Counter(_statements(scene))
    beside = Counter(_send_again_slowly(scene, lease_seconds=6)) - at_once
    beats = {sql: times for sql, times in beside.items() if "set lease_heartbeat_at" in sql}
    looks = {sql: times for sql, times in beside.items() if sql.startswith("select lease_holder")}
    assert list(beats.values()) == list(looks.values()) == [beside.total() / 2]
    assert 2 <= beside.total() / 2 <= SILENCE + 1
