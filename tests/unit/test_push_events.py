"""Promises for events: a repeat doubles them, so what is in doubt is known and never guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from runner.errors import ExitCode
from runner.settling import NOT_SENT
from runner.watermarks import doubtful_rows, mark_sending, record_rejected, settle
from tests.support.destination import OK, Answer, Request
from tests.support.scene import Scene, keys
from tests.support.scene import scene as new_scene
from tests.support.warehouses import SCHEMA, refused

DOUBTFUL = [Answer(status=503), Answer(cut=0), Answer(body=b"<html>")]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A scene with events, two requests at a time, and short back-offs."""
    monkeypatch.setattr("runner.asking.FIRST_WAIT", 0.001)
    with new_scene(tmp_path) as made:
        yield made.events(concurrency=2)


def failing(key: str, answer: Answer) -> Callable[[Request], Answer]:
    """A destination that takes everything but the page with this key."""
    return lambda request: answer if key in request.keys else OK


def test_sending_is_written_before_the_first_request_of_a_chunk(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No event leaves that the warehouse does not already know as perhaps sent."""
    marked = [0]

    def noted(*arguments: object) -> None:
        mark_sending(*arguments)  # type: ignore[arg-type]  # passed on as they came
        marked.append(int(str(arguments[-1])))

    monkeypatch.setattr("runner.stream.mark_sending", noted)
    uncovered: list[str] = []

    def behave(request: Request) -> Answer:
        uncovered.extend(key for key in request.keys if int(key.split("-")[1]) > marked[-1])
        return OK

    scene.destination.behave = behave
    scene.build(("insert", 65))
    assert scene.push().status == "done"
    assert marked == [0, 20, 40, 60, 65]
    assert uncovered == []
    assert scene.marks() == {0: (65, 65)}


@pytest.mark.parametrize("answer", DOUBTFUL, ids=repr)
def test_under_hold_the_run_stops_and_the_rows_stay_in_doubt(scene: Scene, answer: Answer) -> None:
    """Rows without doubt are recorded; the next push is held until a person decides."""
    scene.destination.behave = failing("0-35", answer)
    scene.build(("insert", 100))
    result = scene.push()
    assert (result.status, result.exit_code) == ("failed", ExitCode.UNAVAILABLE)
    assert result.message.startswith("braze_vips: shop")
    assert "10 events may or may not have arrived" in result.message
    assert scene.marks() == {0: (40, 30)}
    requests = len(scene.destination.requests)
    again = scene.push()
    assert (again.status, again.exit_code) == ("held", ExitCode.HELD)
    assert "10 events may or may not have reached braze_eu" in again.message
    assert "runner resolve braze_vips --resend or --skip" in again.message
    assert len(scene.destination.requests) == requests


def test_rows_refused_before_their_request_are_in_no_doubt(scene: Scene) -> None:
    """A page got no usable answer; what was never in it is recorded as refused."""
    scene.destination.behave = failing("0-35", Answer(cut=0))
    scene.build(("insert", 60))
    scene.unfit(33, 34)
    result = scene.push()
    (sending, settled) = scene.marks()[0]
    certain = [ordinal for ordinal, _, _ in scene.rejected() if ordinal > settled]
    assert certain == [33, 34]
    assert f"{sending - settled - 2} events may or may not have arrived" in result.message
    doubted = doubtful_rows(scene.warehouse, SCHEMA, scene.registration)
    assert doubted == sending - settled - 2

    scene.destination.behave = lambda _: OK
    assert f"{doubted} events may or may not have reached" in scene.push().message


@pytest.mark.parametrize("choice", ["hold", "skip", "resend"])
def test_a_run_that_died_before_the_watermark_of_its_refusals_asks_nobody(
    scene: Scene, choice: str
) -> None:
    """Every row above the watermark is known, so none is in doubt and none is sent again."""
    scene.build(("insert", 40), in_doubt=choice)
    place = (scene.warehouse, SCHEMA, scene.registration, "run-1")
    mark_sending(*place, 0, 10)
    settle(*place, 0, 8, ())
    record_rejected(*place, 0, [refused(9), refused(10)])
    result = scene.push()
    assert (result.status, result.acknowledged) == ("done", 30)
    sent = [key for request in scene.destination.requests for key in request.keys]
    assert sorted(sent) == sorted(keys(11, 40))
    assert [ordinal for ordinal, _, _ in scene.rejected()] == [9, 10]
    assert scene.marks() == {0: (40, 40)}


def test_a_row_that_was_not_sent_at_first_is_acknowledged_later(scene: Scene) -> None:
    """What an earlier run recorded of a row above its watermark says nothing of a later one."""
    scene.build(("insert", 40), in_doubt="resend")
    place = (scene.warehouse, SCHEMA, scene.registration, "run-1")
    mark_sending(*place, 0, 20)
    row = refused(15)
    record_rejected(*place, 0, [replace(row, rejection=NOT_SENT)])
    assert doubtful_rows(*place[:3]) == 19
    assert scene.push().acknowledged == 40
    assert scene.rejected() == []


@pytest.mark.parametrize("answer", DOUBTFUL, ids=repr)
def test_under_skip_the_run_goes_on_and_says_what_it_skipped(scene: Scene, answer: Answer) -> None:
    """Nothing is sent twice; skipped rows are settled and not counted as acknowledged."""
    scene.destination.behave = failing("0-35", answer)
    scene.build(("insert", 100), in_doubt="skip")
    result = scene.push()
    assert (result.status, result.acknowledged) == ("done", 90)
    assert scene.marks() == {0: (100, 100)}
    assert any("10 events got no usable answer" in text for text in scene.heard.warnings)
    assert max(Counter(scene.destination.keys).values()) == 1


def test_under_skip_an_outage_does_not_skip_everything(scene: Scene) -> None:
    """Eight pages in a row without an answer stop the run."""
    scene.destination.behave = lambda _: Answer(status=503)
    scene.build(("insert", 1000), in_doubt="skip")
    result = scene.push()
    assert (result.status, result.exit_code) == ("failed", ExitCode.UNAVAILABLE)
    assert len(scene.destination.requests) == 8


def test_under_resend_an_unknown_outcome_is_tried_again(scene: Scene) -> None:
    """Nothing is lost."""
    scene.destination.behave = lambda request: Answer(cut=0) if request.number in {2, 5} else OK
    scene.build(("insert", 100), in_doubt="resend")
    result = scene.push()
    assert (result.status, result.acknowledged, result.retries) == ("done", 100, 2)
    assert set(scene.destination.keys) == set(keys(1, 100))


def in_doubt(scene: Scene, policy: str, *, rows: int = 40) -> None:
    """A delta of events, ten of them settled and ten more in doubt after a crash."""
    scene.build(("insert", rows), in_doubt=policy)
    scene.warehouse.execute(
        "insert into marketing.tailrace_watermarks (relation, delta_id, shard, sending, "
        "acknowledged) select relation, delta_id, 0, 20, 10 from marketing.tailrace_activations"
    )


def test_after_a_crash_hold_waits_for_a_person(scene: Scene) -> None:
    """Nothing is sent."""
    in_doubt(scene, "hold")
    result = scene.push()
    assert (result.status, result.exit_code) == ("held", ExitCode.HELD)
    assert scene.destination.requests == []
    assert scene.marks() == {0: (20, 10)}


def test_after_a_crash_resend_goes_on_from_what_is_settled(scene: Scene) -> None:
    """Rows in doubt are sent again."""
    in_doubt(scene, "resend")
    assert scene.push().acknowledged == 30
    assert sorted(scene.destination.keys) == sorted(keys(11, 40))


def test_after_a_crash_skip_goes_on_after_what_was_sent(scene: Scene) -> None:
    """Rows in doubt are left at that."""
    in_doubt(scene, "skip")
    assert scene.push().acknowledged == 20
    assert sorted(scene.destination.keys) == sorted(keys(21, 40))
    assert scene.marks() == {0: (40, 40)}


def test_after_a_crash_skip_settles_also_when_nothing_is_left_to_send(scene: Scene) -> None:
    """The rows in doubt were the last ones: they are settled all the same."""
    in_doubt(scene, "skip", rows=20)
    assert scene.push().status == "done"
    assert scene.destination.requests == []
    assert scene.marks() == {0: (20, 20)}


@pytest.mark.parametrize("policy", ["hold", "skip", "resend"])
def test_a_refused_key_leaves_nothing_in_doubt(scene: Scene, policy: str) -> None:
    """Nothing was taken, so the next push just goes on; nothing is lost or doubled."""
    scene.destination.behave = lambda request: OK if request.number <= 4 else Answer(status=401)
    scene.build(("insert", 100), in_doubt=policy)
    assert scene.push().exit_code is ExitCode.UNAVAILABLE
    assert scene.marks() == {0: (40, 40)}
    scene.destination.behave = lambda _: OK
    assert scene.push().status == "done"
    assert Counter(scene.destination.keys) == Counter(keys(1, 100))


def test_a_failed_start_keeps_the_doubts_of_an_earlier_run(scene: Scene) -> None:
    """Under resend, rows in doubt stay marked until they are settled."""
    in_doubt(scene, "resend")
    scene.destination.behave = lambda _: Answer(status=401)
    scene.push()
    assert scene.marks() == {0: (20, 10)}


def test_rows_not_sent_below_rows_taken_are_planned_again(scene: Scene) -> None:
    """They are recorded as not sent; the watermark passes them; no event is doubled."""
    scene.destination.behave = failing("0-25", Answer(status=403))
    scene.build(("insert", 100))
    result = scene.push()
    assert result.exit_code is ExitCode.UNAVAILABLE
    assert (result.acknowledged, result.rejected) in {(30, 0), (20, 0)}
    (sending, settled) = scene.marks()[0]
    assert sending == settled
    not_sent = {f"0-{ordinal}" for ordinal, code, _ in scene.rejected() if code == "not_sent"}
    assert not_sent in (set(), set(keys(21, 30)))
    assert scene.acknowledged() == set(scene.destination.keys)
    scene.destination.behave = lambda _: OK
    scene.push()
    assert Counter(scene.destination.keys) == Counter(set(keys(1, 100)) - not_sent)


def test_an_old_refusal_does_not_hide_a_new_doubt(scene: Scene) -> None:
    """What a stopped run noted above the watermark is void as soon as the row is sent again."""
    scene.build(("insert", 10))
    place = (scene.warehouse, SCHEMA, scene.registration, "run-1", 0)
    record_rejected(*place, [refused(5)])
    scene.destination.behave = lambda _: Answer(cut=0)
    assert scene.push().status == "failed"
    assert scene.rejected() == []
    assert doubtful_rows(scene.warehouse, SCHEMA, scene.registration) == 10
