"""Promises of a push that ends well, and of one that never begins."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from runner.errors import ConfigurationError, ExitCode
from tests.support.destination import OK, SECRET, Answer, Request, refusing, service
from tests.support.scene import Scene, keys
from tests.support.scene import scene as new_scene


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A scene in which back-offs are short."""
    monkeypatch.setattr("runner.asking.FIRST_WAIT", 0.001)
    with new_scene(tmp_path) as made:
        yield made


def test_every_row_is_sent_once_and_settled(scene: Scene) -> None:
    """What the destination took is what the warehouse takes as acknowledged, and is counted."""
    scene.build(("insert", 25), ("update", 12), ("delete", 3))
    result = scene.push()
    assert sorted(scene.destination.keys) == sorted(keys(1, 40))
    assert scene.acknowledged() == set(keys(1, 40))
    assert scene.marks() == {0: (40, 40)}
    assert (result.status, result.exit_code) == ("done", ExitCode.DONE)
    assert result.operations == {"insert": 25, "update": 12, "delete": 3}
    assert (result.acknowledged, result.rejected, result.requests, result.retries) == (40, 0, 6, 0)
    assert scene.runs() == [("done", 0, 6, 0, 40, 0, "")]
    assert scene.lease() is None
    assert scene.heard.total == 40
    assert scene.heard.settled[-1] == 40
    assert scene.heard.results == [result]


def test_a_second_push_sends_nothing(scene: Scene) -> None:
    """What is settled is not sent again."""
    scene.build(("insert", 25))
    scene.push()
    scene.destination.requests.clear()
    assert scene.push().acknowledged == 0
    assert scene.destination.requests == []


def test_a_baseline_is_never_sent(scene: Scene) -> None:
    """Not even where the build died that should have settled it."""
    scene.build(("insert", 5))
    scene.warehouse.execute("update marketing.tailrace_activations set run_type = 'baseline'")
    assert scene.push().status == "done"
    assert scene.destination.requests == []


def test_every_shard_has_its_own_watermark(scene: Scene) -> None:
    """Shards are sent one after the other."""
    scene.build(("insert", 7), shards=3)
    scene.push()
    assert scene.marks() == {0: (7, 7), 1: (7, 7), 2: (7, 7)}
    assert set(scene.destination.keys) == {key for shard in range(3) for key in keys(1, 7, shard)}


def test_a_slow_destination_gets_as_many_requests_as_it_may(scene: Scene) -> None:
    """It answers no one before all of them are there."""
    together = threading.Barrier(6)

    def behave(request: Request) -> Answer:
        together.wait(20)
        return OK

    scene.options = {"concurrency": together.parties}
    scene.build(("insert", 10 * 2 * together.parties))
    scene.destination.behave = behave
    assert scene.push().status == "done"


def test_deletes_wait_until_everything_else_has_its_answer(scene: Scene) -> None:
    """No delete is on its way while an insert or update still is."""
    answered: list[str] = []
    slow = threading.Event()

    def behave(request: Request) -> Answer:
        if request.path == "/delete":
            answered.append("delete begins")
        elif request.keys[0] == "0-1":
            slow.wait(0.2)
        answered.append(request.path)
        return OK

    scene.destination.behave = behave
    scene.build(("insert", 30), ("delete", 5))
    scene.push()
    assert answered == ["/track"] * 3 + ["delete begins", "/delete"]


def test_answers_out_of_order_move_the_watermark_in_order(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first page has no answer, no watermark covers the later ones."""
    monkeypatch.setattr("runner.stream.WRITE_EVERY", 0.0)
    written: list[bool] = []
    late = threading.Event()
    scene.build(("insert", 50))

    def behave(request: Request) -> Answer:
        if request.keys[0] == "0-1":
            late.wait(30)
        elif request.keys[0] == "0-41":
            late.set()
        return OK

    class Watching(type(scene.warehouse)):  # type: ignore[misc]  # the class is the driver's own
        """Notes when a watermark is written."""

        def execute(self, sql: str, parameters: object = ()) -> int:
            """Note whether the first page had its answer."""
            if "acknowledged = case" in sql:
                written.append(late.is_set())
            return int(super().execute(sql, parameters))

    scene.warehouse.__class__ = Watching
    scene.destination.behave = behave
    scene.push()
    assert written
    assert all(written)
    assert scene.marks() == {0: (50, 50)}


def test_refused_rows_are_written_with_the_destinations_words(scene: Scene) -> None:
    """Beside them everything else is acknowledged; a share above the threshold is exit code 1."""
    scene.destination.behave = lambda request: (
        refusing(_3=f"no such mail {SECRET}") if "0-4" in request.keys else OK
    )
    scene.build(("insert", 20))
    result = scene.push()
    assert scene.rejected() == [(4, "refused", "no such mail ***")]
    assert scene.acknowledged() == set(keys(1, 20)) - {"0-4"}
    assert (result.status, result.exit_code, result.rejected) == ("rejected", ExitCode.REJECTED, 1)
    assert result.message == (
        "braze_vips ended with 1 of 20 rows rejected (5.0 %, allowed 1 %): read the reasons "
        "with runner status braze_vips."
    )
    assert scene.heard.warnings == []


def test_few_refused_rows_are_no_failure(scene: Scene) -> None:
    """Up to one per cent the run is done."""
    scene.destination.behave = lambda request: refusing(_0="no") if "0-1" in request.keys else OK
    scene.build(("insert", 100))
    result = scene.push()
    assert (result.status, result.exit_code, result.rejected) == ("done", ExitCode.DONE, 1)


def test_unfit_rows_need_no_request(scene: Scene) -> None:
    """They are refused on the spot, in order with the others."""
    scene.build(("insert", 12))
    scene.unfit(1, 5, 12)
    scene.push()
    assert [ordinal for ordinal, *_ in scene.rejected()] == [1, 5, 12]
    assert sorted(scene.destination.keys) == sorted(set(keys(1, 12)) - {"0-1", "0-5", "0-12"})
    assert scene.marks() == {0: (12, 12)}


def test_a_delta_of_unfit_rows_alone_is_settled(scene: Scene) -> None:
    """No request, no hang."""
    scene.build(("insert", 3))
    scene.unfit(1, 2, 3)
    assert scene.push().rejected == 3
    assert scene.destination.requests == []
    assert scene.marks() == {0: (3, 3)}


def test_a_page_refused_as_a_whole_is_split(scene: Scene) -> None:
    """The bad rows stand alone at the end, the others go through."""
    bad = {"0-3", "0-17"}
    scene.destination.behave = lambda request: (
        Answer(status=400, body=b"bad row") if bad & set(request.keys) else OK
    )
    scene.build(("insert", 20))
    scene.push()
    assert scene.rejected() == [(3, "400", "bad row"), (17, "400", "bad row")]
    assert sorted(scene.destination.keys) == sorted(set(keys(1, 20)) - bad)


def test_more_than_half_refused_stops_the_run(scene: Scene) -> None:
    """After 200 rows a run that is mostly refused sends no more; refusals stay recorded."""
    scene.destination.behave = lambda request: refusing(**{f"_{i}": "no" for i in range(10)})
    scene.build(("insert", 5000))
    result = scene.push()
    assert (result.status, result.exit_code) == ("stopped", ExitCode.REJECTED)
    assert re.match(r"braze_vips stopped with \d+ of \d+ rows rejected: read", result.message)
    assert 200 <= result.rejected < 1000
    assert len(scene.rejected()) == scene.marks()[0][1] == result.rejected


def test_retries_are_announced(scene: Scene) -> None:
    """The reporter hears of each wait with its cause."""
    scene.destination.behave = lambda request: Answer(status=503) if request.number == 1 else OK
    scene.build(("insert", 5))
    result = scene.push()
    assert [(attempt, cause) for attempt, _, cause in scene.heard.retries] == [
        (1, "shop answered 503.")
    ]
    assert (result.requests, result.retries, result.acknowledged) == (2, 1, 5)


def test_a_429_is_waited_for_and_loses_nothing(scene: Scene) -> None:
    """Nothing of it was taken, so it is sent again, for events too."""
    events = scene.events()
    limited = Answer(status=429, headers={"x-ratelimit-retry-after": "0.05"})
    scene.destination.behave = lambda request: limited if request.number in {1, 3} else OK
    events.build(("insert", 40))
    result = events.push()
    assert sorted(scene.destination.keys) == sorted(keys(1, 40))
    assert (result.status, result.retries) == ("done", 2)
    assert {wait for _, wait, _ in events.heard.retries} == {0.05}


def test_a_limit_cuts_the_range_exactly(scene: Scene) -> None:
    """Over shards and amid a page; the next push goes on from there."""
    scene.build(("insert", 12), shards=2)
    assert scene.push(limit=15).acknowledged == 15
    assert scene.marks() == {0: (12, 12), 1: (3, 3)}
    assert scene.push(limit=4).acknowledged == 4
    assert scene.marks()[1] == (7, 7)
    assert len(scene.destination.keys) == 19


def test_a_dry_run_shows_the_first_requests_and_changes_nothing(scene: Scene) -> None:
    """Two pages of each operation, exactly as they would be sent, with the key masked."""
    scene.build(("insert", 45), ("update", 1), ("delete", 30))
    result = scene.push(dry_run=True)
    shown = [
        (url.removeprefix(scene.destination.url), [row["key"] for row in json.loads(body)["rows"]])
        for _, url, _, body in scene.heard.requests
    ]
    assert shown == [
        ("/track", keys(1, 10)),
        ("/track", keys(11, 20)),
        ("/track", keys(46, 46)),
        ("/delete", keys(47, 56)),
        ("/delete", keys(57, 66)),
    ]
    shown_requests = scene.heard.requests
    assert shown_requests[0][2]["Authorization"] == "Bearer ***"
    assert SECRET not in repr(scene.heard.requests)
    assert (result.exit_code, result.requests) == (ExitCode.DONE, 0)
    assert result.message == "braze_vips: 5 requests shown, none sent."
    assert scene.destination.requests == []
    assert (scene.marks(), scene.runs(), scene.lease()) == ({}, [], None)
    scene.push()
    assert scene.push(dry_run=True).message == "braze_vips: 0 requests shown, none sent."
    sent = {request.body.decode() for request in scene.destination.requests}
    assert {body for *_, body in shown_requests} <= sent


def test_a_held_delta_is_not_sent(scene: Scene) -> None:
    """The result names the reason and the way out, and is recorded."""
    scene.build(("insert", 5), hold_reason="40 % of the synced state would be deleted")
    result = scene.push()
    assert (result.status, result.exit_code) == ("held", ExitCode.HELD)
    assert "is held: 40 % of the synced state would be deleted. Look at it" in result.message
    assert "runner approve braze_vips" in result.message
    assert scene.destination.requests == []
    assert scene.runs()[0][:2] == ("held", 3)


def test_an_approved_delta_is_sent(scene: Scene) -> None:
    """A hold ends with its approval."""
    scene.build(("insert", 5), hold_reason="too many")
    scene.warehouse.execute("update marketing.tailrace_activations set approved_at = now()")
    assert scene.push().acknowledged == 5


def test_a_mapping_that_cannot_work_is_refused_before_anything(scene: Scene) -> None:
    """The service's sentence, with the activation's name."""
    scene.build(("insert", 5))
    scene.service = replace(
        scene.service, mistakes=lambda _, __: iter(["attribute email is unknown"])
    )
    with pytest.raises(ConfigurationError, match=r"^braze_vips: attribute email is unknown\.$"):
        scene.push()
    assert (scene.destination.requests, scene.runs()) == ([], [])


def test_a_mode_that_the_service_lacks_is_refused(scene: Scene) -> None:
    """The modes it has are named."""
    scene.build(("insert", 5))
    scene.service = service(repeatable=False)
    with pytest.raises(ConfigurationError, match="events has no sync mode mirror: use"):
        scene.push()
