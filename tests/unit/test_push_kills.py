"""Promises of a push that is killed: nothing settled is forgotten."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from runner.errors import UnavailableError
from tests.support.destination import OK, refusing
from tests.support.scene import Scene, before, keys
from tests.support.scene import scene as new_scene


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A scene in which back-offs are short and watermarks are written often."""
    monkeypatch.setattr("runner.asking.FIRST_WAIT", 0.001)
    monkeypatch.setattr("runner.stream.WRITE_EVERY", 0.0)
    with new_scene(tmp_path) as made:
        made.options = {"concurrency": 2, "rows_per_query": 20}
        yield made


STATEMENTS = [
    'insert into "marketing"."tailrace_rejected_rows"',
    "set sending",
    'insert into "marketing"."tailrace_watermarks"',
    "commit",
    "set lease_heartbeat_at",
    'insert into "marketing"."tailrace_runs"',
]


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_kill_at_any_statement_loses_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, statement: str, nth: int
) -> None:
    """The process dies without any cleaning up; the next push brings all rows to their outcome."""
    scene.destination.behave = lambda request: refusing(_0="no") if "0-31" in request.keys else OK
    scene.build(("insert", 120), ("delete", 20))
    original = type(scene.warehouse)
    dead = threading.Event()

    def die() -> None:
        dead.set()
        raise Killed

    with monkeypatch.context() as patched:
        before(scene, statement, die, nth=nth)
        for step in ("lease.WholeLease.release", "push.finish_run", "stream.Stream.wind_up"):
            patched.setattr(f"runner.{step}", lambda *_: None)
        try:
            scene.push()
        except Killed:
            pass
        else:
            assert not dead.is_set()
    scene.warehouse.__class__ = original
    with suppress(UnavailableError):
        # What the warehouse does when the process is gone.
        scene.warehouse.execute("rollback")
    assert scene.acknowledged() <= set(scene.destination.keys)
    scene.warehouse.execute("update marketing.tailrace_activations set lease_holder = null")
    scene.push()
    assert scene.marks() == {0: (140, 140)}
    assert scene.rejected() == [(31, "refused", "no")]
    assert scene.acknowledged() == set(keys(1, 140)) - {"0-31"}
    assert ("running",) not in scene.rows("tailrace_runs", "status")
    assert set(scene.destination.keys) == set(keys(1, 140)) - {"0-31"}
