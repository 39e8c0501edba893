"""Every failure has a word that stays the same from run to run, in the result and in the record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.errors import UnavailableError
from runner.report import RunResult
from tests.support.destination import OK, Answer, refusing
from tests.support.scene import TABLE, Scene
from tests.support.scene import scene as new_scene


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A scene with a delta of five rows, and few attempts without a wait."""
    monkeypatch.setattr("runner.asking.FIRST_WAIT", 0.001)
    with new_scene(tmp_path) as made:
        made.options = {"attempts": 2, "connect_timeout": 2}
        made.build(("insert", 5))
        yield made


def cause(scene: Scene) -> str | None:
    """The cause of the next push, which is also the recorded one."""
    result: RunResult = scene.push()
    assert (result.status, result.cause) in scene.rows("tailrace_runs", "status, cause")
    return result.cause


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (OK, None),
        (Answer(status=401), "key_refused"),
        (Answer(status=403), "key_refused"),
        (Answer(status=404), "not_found"),
        (Answer(status=307), "redirect"),
        (Answer(status=409), "refused"),
        (Answer(status=408), "server_error"),
        (Answer(status=503), "server_error"),
        (Answer(status=429), "rate_limited"),
        (Answer(body=b"<html>"), "nonsense"),
        (Answer(cut=0), "no_answer"),
        (refusing(_0="no"), "rejected_rows"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_destination_did(scene: Scene, answer: Answer, expected: str | None) -> None:
    """Also after attempts, when the sentence tells of them."""
    scene.destination.behave = lambda _: answer
    assert cause(scene) == expected


def test_no_connection(scene: Scene) -> None:
    """An address where nobody is, and one where nobody speaks TLS."""
    served = scene.destination.url
    scene.destination.url = served.replace("http://", "https://")
    assert cause(scene) == "tls"
    scene.destination.url = "http://127.0.0.1:9"
    assert cause(scene) == "unreachable"


def test_what_the_delta_did(scene: Scene) -> None:
    """A delta that is not the registered one, and rows that are mostly refused."""
    scene.warehouse.execute(f"update {TABLE} set _delta_id = 'delta-2'")
    assert cause(scene) == "configuration"
    scene.build(("insert", 300))
    scene.unfit(*range(1, 301))
    assert cause(scene) == "rejected_share"


def test_what_the_warehouse_did(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """It failed on the way."""

    def lost(*_: object) -> None:
        raise UnavailableError("The warehouse is gone.")

    monkeypatch.setattr("runner.push.watermarks", lost)
    assert cause(scene) == "warehouse"


def test_events(scene: Scene) -> None:
    """Pages left at that, and events in doubt that a person decides about."""
    events = scene.events(concurrency=1)
    events.build(("insert", 100), in_doubt="skip")
    events.destination.behave = lambda _: Answer(status=503)
    assert cause(events) == "skipped_pages"
    events.build(("insert", 30), in_doubt="hold")
    events.warehouse.execute("delete from marketing.tailrace_watermarks")
    assert cause(events) == "server_error"
    assert cause(events) == "in_doubt"
