"""Promises of the pause after repeated failures: when it begins, and what ends it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.decisions import resolve
from runner.errors import ExitCode
from tests.support.destination import OK, Answer, refusing, service
from tests.support.failing import FAILING, REFUSED, circuit, fail, failing_scene, replace_delta
from tests.support.scene import TABLE, Scene
from tests.support.warehouses import SCHEMA

NONE_TAKEN = refusing(**{f"_{index}": "no" for index in range(100)})
LATER = "paused_at = paused_at - interval '1 day'"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Pushes that fail, and a pause after three of them."""
    with failing_scene(tmp_path) as made:
        yield made


def probes(scene: Scene) -> list[str]:
    """Methods and paths of the requests since the last time, which are forgotten."""
    seen = [f"{request.method} {request.path}" for request in scene.destination.requests]
    scene.destination.requests.clear()
    return seen


def test_failures_of_one_cause_in_a_row_pause_the_activation(scene: Scene) -> None:
    """The last of them says so; then nothing is sent, and a sentence tells why, and the ways on."""
    result = fail(scene, 2)
    assert (result.cause, "paused" in result.message) == ("key_refused", False)
    assert (circuit(scene).failures, circuit(scene).is_paused) == (2, False)
    result = fail(scene, 1)
    assert (result.status, result.exit_code) == ("failed", ExitCode.UNAVAILABLE)
    assert result.message.endswith(
        " 3 pushes in a row failed for this cause (key_refused), so braze_vips is paused: it "
        "resumes by itself when the cause is gone, or by runner resume braze_vips."
    )
    found = circuit(scene)
    assert (found.failures, found.cause, found.delta_id) == (3, "key_refused", "delta-1")
    assert (found.paused_by, found.resumes_itself) == ("tailrace", True)
    assert found.reason
    assert found.reason.startswith("shop refuses the key (401")
    probes(scene)
    result = fail(scene, 1)
    assert probes(scene) == ["GET /"]
    assert (result.status, result.cause, result.exit_code) == ("paused", "paused", ExitCode.HELD)
    assert result.message.startswith(f"braze_vips is paused since {found.paused_at:%Y-%m-%dT%H:%M}")
    assert "as 3 pushes in a row failed (key_refused): shop refuses the key" in result.message
    assert "now shop answers 401. runner resume braze_vips ends the pause" in result.message
    assert scene.rows("tailrace_runs", "status, cause")[-1] == ("paused", "paused")
    assert circuit(scene) == found
    assert scene.lease() is None


def test_a_connection_may_never_pause(scene: Scene) -> None:
    """With `pause_after: 0` failures are counted, and that is all."""
    scene.options["pause_after"] = 0
    assert fail(scene, 7).status == "failed"
    assert (circuit(scene).failures, circuit(scene).is_paused) == (7, False)


def test_the_default_is_five(scene: Scene) -> None:
    """Without the option the fifth failure pauses."""
    del scene.options["pause_after"]
    fail(scene, 4)
    assert not circuit(scene).is_paused
    fail(scene, 1)
    assert circuit(scene).is_paused


def test_another_cause_begins_a_count_of_its_own(scene: Scene) -> None:
    """Only what fails again for the same cause needs a pause."""
    fail(scene, 2)
    fail(scene, 2, FAILING)
    assert (circuit(scene).failures, circuit(scene).cause) == (2, "server_error")
    assert not circuit(scene).is_paused


def test_the_count_does_not_hang_on_the_record_of_runs(scene: Scene) -> None:
    """Clocks jump and records are cleared: neither adds a failure nor takes one away."""
    fail(scene, 2)
    scene.warehouse.execute("update marketing.tailrace_runs set started_at = '2999-01-01'")
    fail(scene, 1)
    assert circuit(scene).failures == 3


@pytest.mark.parametrize("answer", [OK, refusing(_0="no")], ids=["done", "rejected"])
def test_a_run_that_comes_to_its_end_resets_the_count(scene: Scene, answer: Answer) -> None:
    """Also one that ends with more refusals than are allowed: every row has its outcome."""
    fail(scene, 2)
    scene.destination.behave = lambda _: answer
    assert scene.push().status in {"done", "rejected"}
    assert scene.rows("tailrace_circuits", "relation") == []


def test_an_activation_resumes_when_the_check_passes(scene: Scene) -> None:
    """The same command goes on, says so, and nothing of the pause is left."""
    fail(scene, 3)
    scene.destination.behave = lambda _: OK
    result = scene.push()
    assert (result.status, result.acknowledged) == ("done", 5)
    assert [text.partition(":")[0] for text in scene.heard.warnings] == ["braze_vips resumes"]
    assert scene.rows("tailrace_circuits", "relation") == []
    assert scene.push().status == "done"
    assert scene.heard.warnings == []


def test_a_failure_after_resuming_keeps_the_pause(scene: Scene) -> None:
    """Where the check passes and the push fails for the same cause all the same, it began then."""
    fail(scene, 3)
    scene.warehouse.execute(f"update marketing.tailrace_circuits set {LATER}")
    since = circuit(scene).paused_at
    scene.destination.behave = lambda request: OK if request.path == "/" else REFUSED
    result = scene.push()
    assert (result.status, result.cause) == ("failed", "key_refused")
    assert "4 pushes in a row failed" in result.message
    assert (circuit(scene).paused_at, circuit(scene).failures) == (since, 4)


def test_a_new_cause_after_resuming_ends_the_pause(scene: Scene) -> None:
    """What it was paused for is gone."""
    fail(scene, 3)
    scene.destination.behave = lambda request: OK if request.path == "/" else FAILING
    assert scene.push().cause == "server_error"
    assert (circuit(scene).is_paused, circuit(scene).failures) == (False, 1)


def test_an_unreachable_destination_keeps_the_pause(scene: Scene) -> None:
    """No answer to the check is no good news; when it is back, the activation goes on."""
    url, scene.destination.url = scene.destination.url, "http://127.0.0.1:9"
    assert fail(scene, 3).cause == "unreachable"
    assert fail(scene, 1).status == "paused"
    scene.destination.url, scene.destination.behave = url, lambda _: OK
    assert scene.push().status == "done"


UNSOUND: dict[str, tuple[str, str]] = {
    "held": (
        "update marketing.tailrace_activations set hold_reason = 'the model is empty'",
        "now its delta is held: the model is empty. runner",
    ),
    "replaced": (
        f"update {TABLE} set _delta_id = 'delta-2'",
        "the delta table and its registration disagree",
    ),
    "dropped": (f"drop table {TABLE}", "does not exist"),
}


@pytest.mark.parametrize(("statement", "words"), UNSOUND.values(), ids=UNSOUND)
def test_an_unsound_build_keeps_the_pause(scene: Scene, statement: str, words: str) -> None:
    """A good check is not enough: the delta must be the registered one, and free to be sent."""
    fail(scene, 3)
    scene.warehouse.execute(statement)
    scene.destination.behave = lambda _: OK
    result = scene.push()
    assert result.status == "paused"
    assert words in result.message
    assert circuit(scene).is_paused


def test_events_in_doubt_keep_the_pause(scene: Scene) -> None:
    """Nothing is said to resume before a person has decided what becomes of them."""
    scene.warehouse.execute("update marketing.tailrace_activations set sync_mode = 'incremental'")
    scene = scene.events(attempts=1, pause_after=1)
    fail(scene, 1, FAILING)
    scene.destination.behave = lambda _: OK
    result = scene.push()
    assert (result.status, scene.heard.warnings) == ("paused", [])
    assert "as 1 push failed (server_error): " in result.message
    assert "decide with runner resolve braze_vips --resend or --skip. runner" in result.message
    resolve(scene.warehouse, SCHEMA, scene.registration, "resend")
    assert scene.push().status == "done"


def test_refused_rows_need_another_delta(scene: Scene) -> None:
    """What lies in the data is not mended by a destination that answers, but by a build."""
    scene.options["concurrency"] = 1
    scene.service = service(max_rows=100)
    scene.build(("insert", 900))
    assert fail(scene, 3, NONE_TAKEN).cause == "rejected_share"
    scene.destination.behave = lambda _: OK
    probes(scene)
    result = scene.push()
    assert (result.status, probes(scene)) == ("paused", [])
    assert "now its delta is still the one that failed, so correct the model" in result.message
    replace_delta(scene, "delta-2")
    assert scene.push().status == "done"


def test_a_build_alone_resumes_nothing(scene: Scene) -> None:
    """The key is still refused."""
    fail(scene, 3)
    replace_delta(scene, "delta-2")
    assert scene.push().status == "paused"
