"""Promises of pauses by persons, of what counts as a failure, and of runs that were killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.circuit import pause, resume
from runner.errors import ConfigurationError, ExitCode
from runner.runs import start_run
from tests.support.destination import OK, Answer, Request
from tests.support.failing import FAILING, REFUSED, circuit, fail, failing_scene, replace_delta
from tests.support.scene import Scene
from tests.support.warehouses import SCHEMA


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Pushes that fail, and a pause after three of them."""
    with failing_scene(tmp_path) as made:
        yield made


def test_a_persons_pause_ends_with_a_person(scene: Scene) -> None:
    """Neither a build nor a good check resumes it, and the sentence says who can."""
    pause(scene.warehouse, SCHEMA, scene.registration, "ada@laptop")
    replace_delta(scene, "delta-2")
    result = scene.push()
    assert (result.status, result.exit_code) == ("paused", ExitCode.HELD)
    assert scene.destination.requests == []
    assert " by ada@laptop: runner resume braze_vips ends that." in result.message
    resume(scene.warehouse, SCHEMA, scene.registration)
    assert scene.push().status == "done"
    with pytest.raises(ConfigurationError, match="not paused"):
        resume(scene.warehouse, SCHEMA, scene.registration)


def test_a_person_takes_over_the_systems_pause(scene: Scene) -> None:
    """Whoever paused first as a person is kept, and the system resumes it no more."""
    fail(scene, 3)
    for who in ("ada@laptop", "bob@laptop"):
        assert pause(scene.warehouse, SCHEMA, scene.registration, who).paused_by == "ada@laptop"
    scene.destination.behave = lambda _: OK
    assert scene.push().status == "paused"


@pytest.mark.parametrize("answer", [OK, FAILING], ids=["done", "failed"])
def test_a_pause_during_a_push_outlives_it(scene: Scene, answer: Answer) -> None:
    """A person's pause counts from the next push on, however this one ends."""
    fail(scene, 1)
    paused: list[bool] = []

    def behave(_: Request) -> Answer:
        if not paused:
            paused.append(True)
            cursor = scene.warehouse._connection.cursor()  # type: ignore[attr-defined]
            cursor.execute(
                "update marketing.tailrace_circuits set paused_by = 'ada@laptop', "
                "paused_at = timestamp '2026-03-01 09:30:00'"
            )
        return answer

    scene.destination.behave = behave
    scene.push()
    assert circuit(scene).paused_by == "ada@laptop"
    assert circuit(scene).failures == (0 if answer is OK else 1)
    assert scene.push().status == "paused"


def test_resuming_by_hand_forgets_the_count(scene: Scene) -> None:
    """The person wants it tried, as often as at first."""
    fail(scene, 3)
    assert resume(scene.warehouse, SCHEMA, scene.registration).failures == 3
    assert fail(scene, 1).status == "failed"
    assert (circuit(scene).failures, circuit(scene).is_paused) == (1, False)


def interrupt(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the first page is on its way."""
    monkeypatch.setattr("runner.push.Stream.push", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        scene.push()


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def hold(scene: Scene, _: pytest.MonkeyPatch) -> None:
    """A guard's hold."""
    scene.warehouse.execute("update marketing.tailrace_activations set hold_reason = 'odd'")
    assert scene.push().cause == "held"


def lose_lease(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another runner takes over."""
    monkeypatch.setattr("runner.keeper.LAPSE", 0.0)
    assert scene.push().cause == "lease_lost"


def find_lease_taken(scene: Scene, _: pytest.MonkeyPatch) -> None:
    """Another runner is at work."""
    scene.warehouse.execute(
        "update marketing.tailrace_activations set lease_holder = 'run-0', "
        "lease_heartbeat_at = (current_timestamp at time zone 'UTC')"
    )
    assert scene.push().cause == "lease_taken"


@pytest.mark.parametrize("event", [interrupt, hold, lose_lease, find_lease_taken])
def test_what_is_no_failure_neither_counts_nor_resets(
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    event: Callable[[Scene, pytest.MonkeyPatch], None],
) -> None:
    """A person, a guard or another runner stood in the way."""
    fail(scene, 2)
    before = circuit(scene)
    event(scene, monkeypatch)
    assert circuit(scene) == before


def test_a_fault_of_the_program_counts(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would break off again and again."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("runner.push.Stream.push", broken)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            scene.push()
    assert (circuit(scene).failures, circuit(scene).cause) == (2, "fault")
    assert scene.rows("tailrace_runs", "status, cause") == [("stopped", "fault")] * 2


def test_a_killed_run_is_recorded_as_died_and_counts_once(scene: Scene) -> None:
    """The next push that takes the lease finds it; what holds the lease or has ended is left."""
    place = (scene.warehouse, SCHEMA, scene.registration)
    for number in (1, 2):
        start_run(*place, f"run-{number}")
    scene.destination.behave = lambda _: REFUSED
    scene.push()
    columns = "run_id, status, cause, finished_at is not null"
    relation = SCHEMA.table(scene.warehouse, "tailrace_runs")
    query = f"select {columns} from {relation} where run_id like 'run-%' order by 1"
    died = [("run-1", "died", "died", True), ("run-2", "died", "died", True)]
    assert list(scene.warehouse.rows(query)) == died
    assert circuit(scene).cause == "key_refused"
    for number in (3, 4, 5):
        start_run(*place, f"run-{number}")
    result = scene.push()
    assert result.status == "paused"
    assert "as 3 pushes in a row failed (died): the run died" in result.message
    scene.push()
    assert circuit(scene).failures == 3


def test_a_dry_run_shows_a_paused_activation(scene: Scene) -> None:
    """It sends nothing, so nothing stands in its way."""
    fail(scene, 3)
    assert scene.push(dry_run=True).message == "braze_vips: 1 request shown, none sent."
