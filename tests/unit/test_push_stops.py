"""Promises of a push that is stopped or interrupted: nothing settled is forgotten."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.errors import ExitCode, UnavailableError
from runner.inflight import InFlight
from tests.support.destination import OK, Answer, Request
from tests.support.scene import Scene, before, keys
from tests.support.scene import scene as new_scene
from tests.support.warehouses import all_rows

STEAL = "update marketing.tailrace_activations set lease_holder = 'someone else'"


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A scene in which back-offs are short and watermarks are written often."""
    monkeypatch.setattr("runner.asking.FIRST_WAIT", 0.001)
    monkeypatch.setattr("runner.stream.WRITE_EVERY", 0.0)
    with new_scene(tmp_path) as made:
        made.options = {"concurrency": 2, "rows_per_query": 20}
        yield made


def raising(error: BaseException) -> Callable[[], None]:
    """An accident that raises."""

    def act() -> None:
        raise error

    return act


def answer_until(number: int, then: Answer) -> Callable[[Request], Answer]:
    """Take everything up to a request, then answer otherwise."""
    return lambda request: OK if request.number <= number else then


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=401), "refuses the key"),
        (Answer(status=403), "permission users.track"),
        (Answer(status=404), "check url"),
        (Answer(status=307), "redirects"),
        (Answer(status=500), "gave up after 6 attempts"),
        (
            Answer(body=b"<html>"),
            "makes no sense: it is a page, which some proxy may have put in the way: gave up",
        ),
        (Answer(cut=0), "no usable answer"),
    ],
)
def test_a_stopped_run_records_what_is_settled(scene: Scene, answer: Answer, words: str) -> None:
    """The cause is in the result and in the run's record, the lease is free, a rerun completes."""
    scene.destination.behave = answer_until(5, answer)
    scene.options["concurrency"] = 1  # a page that comes late would be the one that is refused
    scene.build(("insert", 200))
    result = scene.push()
    assert (result.status, result.exit_code) == ("failed", ExitCode.UNAVAILABLE)
    assert words in result.message
    assert scene.runs()[0][:2] == ("failed", 4)
    assert scene.runs()[0][-1] == result.message
    assert scene.lease() is None
    assert scene.marks()[0][1] == result.acknowledged == 50
    assert scene.acknowledged() <= set(scene.destination.keys)
    scene.destination.behave = lambda _: OK
    assert scene.push().status == "done"
    assert scene.acknowledged() == set(keys(1, 200)) == set(scene.destination.keys)


def test_few_requests_follow_one_that_stops_the_run(scene: Scene) -> None:
    """Only what was on its way already comes after a refused key."""
    scene.destination.behave = lambda _: Answer(status=401)
    scene.build(("insert", 2000))
    scene.push()
    assert len(scene.destination.requests) <= 2


def test_a_destination_that_is_not_there_stops_the_run(scene: Scene) -> None:
    """After its attempts, with exit code 4."""
    scene.build(("insert", 5))
    scene.options["attempts"] = 2
    scene.destination.url = "http://127.0.0.1:9"
    result = scene.push()
    assert result.exit_code is ExitCode.UNAVAILABLE
    assert "cannot be reached" in result.message


def announce_stops(monkeypatch: pytest.MonkeyPatch, stopped: threading.Event) -> None:
    """Set the event as soon as no further page is sent."""
    original = InFlight.stop

    def stop(inflight: InFlight) -> None:
        original(inflight)
        stopped.set()

    monkeypatch.setattr(InFlight, "stop", stop)


@pytest.mark.parametrize("kind", ["records", "events"])
def test_a_lost_lease_stops_the_run_before_its_next_request(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Another runner has it: nothing is sent any more, and its lease and marks are left alone."""
    arrived, stopped = threading.Event(), threading.Event()

    def behave(request: Request) -> Answer:
        """Leave the second page of records on its way until the run stops."""
        if kind == "records" and request.number == 2:
            arrived.set()
            stopped.wait(3)
        return OK

    def steal() -> None:
        assert kind == "events" or arrived.wait(30)
        scene.warehouse.execute(STEAL)
        scene.warehouse.execute(
            "update marketing.tailrace_watermarks set sending = 400, run_id = 'someone else'"
        )
        found.append((len(scene.destination.requests), scene.marks()[0][1]))

    found: list[tuple[int, int]] = []
    announce_stops(monkeypatch, stopped)
    scene.options |= {"concurrency": 1, "rows_per_query": 30}
    pushed = scene if kind == "records" else scene.events()
    scene.destination.behave = behave
    pushed.build(("insert", 400))
    before(scene, "sending else ? end, run_id", steal, nth=2)
    result = pushed.push()
    ((sent, settled),) = found
    assert (result.status, result.exit_code) == ("stopped", ExitCode.HELD)
    assert "took over" in result.message
    assert result.cause == "lease_lost"
    assert scene.lease() == "someone else"
    assert scene.marks()[0] == (400, settled), "the marks are the other one's now"
    assert scene.rejected() == []
    assert len(scene.destination.requests) == sent, "the last was on its way already"
    assert scene.acknowledged() <= set(scene.destination.keys)


def test_a_lease_that_is_lost_at_the_very_end_leaves_the_mark_alone(scene: Scene) -> None:
    """It goes after the last check, before a stopped run takes back what it did not send."""

    def steal() -> None:
        scene.warehouse.execute(STEAL)
        scene.warehouse.execute(
            "update marketing.tailrace_watermarks set sending = 400, run_id = 'someone else'"
        )
        stolen.append(scene.marks()[0])

    stolen: list[tuple[int, int]] = []
    scene.destination.behave = answer_until(1, Answer(status=401))
    scene.build(("insert", 400))
    before(scene, "set sending = ?, updated_at", steal)
    assert scene.push().status == "failed"
    assert [scene.marks()[0]] == stolen
    assert all_rows(scene.warehouse, "tailrace_circuits", "cause") == [], "its end is not counted"


def test_a_live_runner_keeps_a_second_one_out(scene: Scene) -> None:
    """The second one sends nothing and says who is at work."""
    scene.build(("insert", 5))
    scene.warehouse.execute(f"{STEAL}, lease_heartbeat_at = (current_timestamp at time zone 'UTC')")
    result = scene.push()
    assert (result.status, result.exit_code) == ("held", ExitCode.HELD)
    assert "being pushed by another runner (run someone else)" in result.message
    assert scene.destination.requests == []


def test_a_slow_destination_does_not_cost_the_lease(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The heartbeat goes on while the run waits for one answer."""
    monkeypatch.setattr("runner.keeper.BEAT", 0.0)
    monkeypatch.setattr("runner.stream.TICK", 0.001)
    beaten = threading.Event()
    scene.destination.behave = lambda _: OK if beaten.wait(30) else Answer(status=500)
    scene.build(("insert", 5))
    before(scene, "set lease_heartbeat_at", beaten.set, nth=3)
    result = scene.push()
    assert result.status == "done"


def test_nothing_is_sent_on_a_lease_that_may_be_gone(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker sends no more when the lease was not renewed for too long."""
    monkeypatch.setattr("runner.keeper.LAPSE", 0.0)
    scene.build(("insert", 5))
    result = scene.push()
    assert (result.status, result.exit_code) == ("held", ExitCode.HELD)
    assert scene.destination.requests == []


def test_an_interrupt_is_recorded_and_passed_on(scene: Scene) -> None:
    """Ctrl-C: what is on its way ends, what is settled is recorded, the lease is free."""
    scene.build(("insert", 400))

    def interrupt() -> None:
        under_way = time.monotonic() + 30
        while not scene.destination.requests and time.monotonic() < under_way:
            time.sleep(0.001)
        raise KeyboardInterrupt

    before(scene, "set sending", interrupt, nth=2)
    with pytest.raises(KeyboardInterrupt):
        scene.push()
    assert scene.runs()[0][0] == "stopped"
    assert "was interrupted" in scene.runs()[0][-1]
    assert scene.lease() is None
    assert scene.acknowledged()
    assert scene.acknowledged() <= set(scene.destination.keys)
    assert scene.push().status == "done"
    assert scene.acknowledged() == set(keys(1, 400))


def test_a_warehouse_that_fails_stops_the_run(scene: Scene) -> None:
    """Nothing is acknowledged beyond what it recorded; a rerun completes."""
    scene.build(("insert", 100))
    before(scene, "set sending", raising(UnavailableError("The warehouse is gone.")), nth=2)
    result = scene.push()
    assert (result.status, result.exit_code) == ("failed", ExitCode.UNAVAILABLE)
    assert "The warehouse is gone." in result.message
    assert scene.push().status == "done"
    assert scene.acknowledged() == set(keys(1, 100))


def test_a_fault_in_a_worker_does_not_hang_the_run(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It surfaces in the thread that called."""
    scene.build(("insert", 5))
    monkeypatch.setattr("runner.transport.HttpTransport.call", raising_call)
    with pytest.raises(ZeroDivisionError):
        scene.push()
    assert scene.lease() is None


def raising_call(*_: object) -> None:
    """A fault of the program."""
    raise ZeroDivisionError


def test_a_hold_that_comes_while_a_push_waits_for_its_turn_is_heeded(scene: Scene) -> None:
    """A test failed between reading the registration and taking the lease."""

    def hold() -> None:
        scene.warehouse.execute(
            "update marketing.tailrace_activations set hold_reason = 'the test sound failed'"
        )

    scene.build(("insert", 5))
    before(scene, "set lease_holder", hold)
    result = scene.push()
    assert (result.status, result.exit_code) == ("held", ExitCode.HELD)
    assert scene.destination.requests == []
    assert scene.lease() is None
