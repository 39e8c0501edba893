"""Promises of a push that is stopped, interrupted or killed: nothing settled is forgotten."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from runner.errors import ExitCode, UnavailableError
from runner.inflight import InFlight
from tests.support.destination import OK, Answer, Request, refusing
from tests.support.scene import Scene, keys
from tests.support.scene import scene as new_scene

STEAL = "update marketing.tailrace_activations set lease_holder = 'someone else'"


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A scene in which back-offs are short and watermarks are written often."""
    monkeypatch.setattr("runner.sending.FIRST_WAIT", 0.001)
    monkeypatch.setattr("runner.stream.WRITE_EVERY", 0.0)
    with new_scene(tmp_path) as made:
        made.options = {"concurrency": 2, "rows_per_query": 20}
        yield made


def before(scene: Scene, statement: str, action: Callable[[], None], *, nth: int = 1) -> None:
    """Do something just before the nth statement that holds these words."""
    seen = 0

    class Watched(type(scene.warehouse)):  # type: ignore[misc]  # the class is the driver's own
        """The warehouse, with an accident on the way."""

        def execute(self, sql: str, parameters: object = ()) -> int:
            """Run a statement, or meet the accident."""
            nonlocal seen
            if statement in sql:
                seen += 1
                if seen == nth:
                    action()
            return int(super().execute(sql, parameters))

    scene.warehouse.__class__ = Watched


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
        (Answer(body=b"<html>"), "makes no sense: it is no JSON: gave up"),
        (Answer(cut=0), "no usable answer"),
    ],
)
def test_a_stopped_run_records_what_is_settled(scene: Scene, answer: Answer, words: str) -> None:
    """The cause is in the result and in the run's record, the lease is free, a rerun completes."""
    scene.destination.behave = answer_until(5, answer)
    scene.build(("insert", 200))
    result = scene.push()
    assert (result.status, result.exit_code) == ("failed", ExitCode.UNAVAILABLE)
    assert words in result.message
    assert scene.runs()[0][:2] == ("failed", 4)
    assert scene.runs()[0][-1] == result.message
    assert scene.lease() is None
    settled = scene.marks()[0][1]
    assert 30 <= settled <= 50
    assert settled == result.acknowledged
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
        scene.warehouse.execute("update marketing.tailrace_watermarks set sending = 400")
        found.append((len(scene.destination.requests), scene.marks()[0][1]))

    def stop(inflight: InFlight) -> None:
        original(inflight)
        stopped.set()

    found: list[tuple[int, int]] = []
    original = InFlight.stop
    monkeypatch.setattr(InFlight, "stop", stop)
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
        scene.warehouse.execute("update marketing.tailrace_watermarks set sending = 400")
        stolen.append(scene.marks()[0])

    stolen: list[tuple[int, int]] = []
    scene.destination.behave = answer_until(1, Answer(status=401))
    scene.build(("insert", 400))
    before(scene, "set sending = ?, updated_at", steal)
    assert scene.push().status == "failed"
    assert [scene.marks()[0]] == stolen


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
    before(scene, "set sending", raising(KeyboardInterrupt()), nth=2)
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
    monkeypatch.setattr("runner.transport.Transport.call", raising_call)
    with pytest.raises(ZeroDivisionError):
        scene.push()
    assert scene.lease() is None


def raising_call(*_: object) -> None:
    """A fault of the program."""
    raise ZeroDivisionError


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
        for step in ("push.release_lease", "push.finish_run", "stream.Stream.wind_up"):
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
