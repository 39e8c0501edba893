"""Alerts over the pushes of one activation: told when it begins and when it ends."""

from __future__ import annotations

import json

from runner.circuit import pause, resume
from runner.decisions import approve
from runner.report import RunResult
from runner.watermarks import mark_sending
from tests.support.alerts import HELD, Hook, hooked, messages, push, push_late, tell, told
from tests.support.destination import Answer, refusing
from tests.support.scene import Scene
from tests.support.warehouses import SCHEMA


def refuse_key(scene: Scene, status: int = 401) -> None:
    """Let the destination refuse every request."""
    scene.destination.behave = lambda _: Answer(status=status, body=b"ada@planted.example")


def test_a_failure_is_told_when_it_begins_and_when_it_ends(scene: Scene, hook: Hook) -> None:
    """Three failing pushes are one message, and the first good one is another."""
    scene.build(("insert", 20))
    refuse_key(scene)
    for _ in range(3):
        assert push(scene, hooked(hook)).status == "failed"
    (message,) = messages(hook)
    assert message.startswith("braze_vips -> braze_eu: failed\nfailed: ")
    assert "refuses the key (401" in message
    assert "planted" not in message
    assert told(scene) == [("ops", "failed: key_refused")]
    scene.destination.behave = Hook().behave
    assert push(scene, hooked(hook)).status == "done"
    assert messages(hook) == ["braze_vips -> braze_eu: resolved: failed"]
    assert told(scene) == []
    push(scene, hooked(hook))
    assert messages(hook) == []


def test_another_cause_is_told_anew(scene: Scene, hook: Hook) -> None:
    """The first failure did not end, so nothing is said to be resolved."""
    scene.build(("insert", 20))
    refuse_key(scene)
    push(scene, hooked(hook))
    refuse_key(scene, 404)
    push(scene, hooked(hook))
    first, second = messages(hook)
    assert "(401" in first
    assert "(404" in second
    assert "resolved" not in second
    assert told(scene) == [("ops", "failed: not_found")]


def test_a_message_has_the_run_and_its_counts(scene: Scene, hook: Hook) -> None:
    """So that it leads to tailrace_runs."""
    scene.destination.behave = lambda request: (
        refusing(_0="no") if "0-1" in request.keys else Answer()
    )
    scene.build(("insert", 18), ("update", 2))
    push(scene, hooked(hook))
    (request,) = hook.requests
    document = json.loads(request.body)
    assert (request.method, request.path) == ("POST", "/ops")
    assert request.headers["content-type"] == "application/json"
    assert document["states"] == ["rejected"]
    assert [(document["run_id"],)] == scene.rows("tailrace_runs", "run_id")
    assert document["counts"] == {
        "acknowledged": 19,
        "inserted": 17,
        "updated": 2,
        "deleted": 0,
        "rejected": 1,
        "invalid": 0,
    }


def test_rejected_rows_are_judged_by_runs_that_sent_some(scene: Scene, hook: Hook) -> None:
    """A push without rows neither repeats nor ends what the last one showed."""
    scene.destination.behave = lambda request: (
        refusing(_0="no") if "0-1" in request.keys else Answer()
    )
    scene.build(("insert", 20))
    push(scene, hooked(hook))
    assert "rejected: 1 of 20 rows of this run was rejected (5.0 %)" in messages(hook)[0]
    push(scene, hooked(hook))
    assert messages(hook) == []
    scene.destination.behave = Hook().behave
    scene.warehouse.execute("delete from marketing.tailrace_watermarks")
    push(scene, hooked(hook))
    assert messages(hook) == ["braze_vips -> braze_eu: resolved: rejected"]


def test_thresholds_are_the_channels_own(scene: Scene, hook: Hook) -> None:
    """What is too much for one is fine for another."""
    scene.destination.behave = lambda request: (
        refusing(_0="no") if "0-1" in request.keys else Answer()
    )
    scene.build(("insert", 20))
    push(scene, hooked(hook, "strict"), hooked(hook, "lenient", rejected_share=10.0))
    assert len(messages(hook)) == 1
    assert told(scene) == [("strict", "rejected")]


def test_a_hold_and_its_release_are_told(scene: Scene, hook: Hook) -> None:
    """With the guard's reason; an approval ends it."""
    scene.build(("insert", 5), hold_reason=HELD)
    for _ in range(2):
        assert push(scene, hooked(hook)).status == "held"
    (message,) = messages(hook)
    assert f"held: {HELD}. Look at it with runner plan braze_vips" in message
    approve(scene.warehouse, SCHEMA, scene.registration, "ada")
    push(scene, hooked(hook))
    assert messages(hook) == ["braze_vips -> braze_eu: resolved: held"]


def test_a_hold_is_told_that_came_while_the_push_waited(scene: Scene, hook: Hook) -> None:
    """What was read before the lease says nothing: a hold neither goes untold nor ends by it."""
    scene.build(("insert", 5))
    read = scene.registration
    scene.warehouse.execute(f"update marketing.tailrace_activations set hold_reason = '{HELD}'")
    assert push_late(scene, read, hooked(hook)).status == "held"
    assert messages(hook)[0].startswith(f"braze_vips -> braze_eu: held\nheld: {HELD}. ")
    push_late(scene, read, hooked(hook))
    assert messages(hook) == []
    assert told(scene) == [("ops", "held")]


def test_a_build_while_the_push_began_is_no_failure(scene: Scene, hook: Hook) -> None:
    """The next push sends its delta; nobody is called for it, and nothing is counted."""
    scene.build(("insert", 5))
    read = scene.registration
    scene.warehouse.execute("update marketing.tailrace_activations set delta_id = 'delta-2'")
    assert push_late(scene, read, hooked(hook)).cause == "built_meanwhile"
    assert messages(hook) == []
    assert scene.rows("tailrace_circuits", "failures") == []


def test_a_pause_and_its_end_are_told(scene: Scene, hook: Hook) -> None:
    """Of a person too, whose name stays out of it."""
    scene.build(("insert", 5))
    pause(scene.warehouse, SCHEMA, scene.registration, "ada@laptop")
    for _ in range(2):
        assert push(scene, hooked(hook)).status == "paused"
    (message,) = messages(hook)
    assert "paused: by a person; runner resume braze_vips" in message
    assert "ada" not in message
    resume(scene.warehouse, SCHEMA, scene.registration)
    push(scene, hooked(hook))
    assert messages(hook) == ["braze_vips -> braze_eu: resolved: paused"]


def test_a_failure_lasts_through_a_pause(scene: Scene, hook: Hook) -> None:
    """The push that fails once too often tells of the pause, and only a good one of the end."""
    scene.options["pause_after"] = 2
    scene.build(("insert", 5))
    refuse_key(scene)
    push(scene, hooked(hook))
    push(scene, hooked(hook))
    failed, paused = messages(hook)
    assert failed.startswith("braze_vips -> braze_eu: failed\n")
    assert paused.startswith("braze_vips -> braze_eu: paused\npaused: 2 pushes in a row failed")
    resume(scene.warehouse, SCHEMA, scene.registration)
    pause(scene.warehouse, SCHEMA, scene.registration, "ada")
    push(scene, hooked(hook))
    assert messages(hook) == []
    assert told(scene) == [("ops", "failed: key_refused"), ("ops", "paused")]
    resume(scene.warehouse, SCHEMA, scene.registration)
    scene.destination.behave = Hook().behave
    push(scene, hooked(hook))
    assert messages(hook) == ["braze_vips -> braze_eu: resolved: failed, paused"]


def test_events_in_doubt_are_told_until_a_person_decides(scene: Scene, hook: Hook) -> None:
    """A cut answer is a failure and leaves events in doubt: one message with both."""
    events = scene.events(attempts=1)
    events.build(("insert", 8))
    events.destination.behave = lambda _: Answer(cut=0)
    push(events, hooked(hook))
    (message,) = messages(hook)
    assert message.startswith("braze_vips -> braze_eu: failed, in_doubt\n")
    assert "in_doubt: 8 events may or may not have reached braze_eu: " in message
    assert push(events, hooked(hook)).status == "held"
    assert messages(hook) == []


def test_a_run_that_finds_another_one_leaves_the_telling_to_it(scene: Scene, hook: Hook) -> None:
    """What that one has in flight is neither in doubt nor over."""
    events = scene.events()
    events.build(("insert", 8))
    mark_sending(scene.warehouse, SCHEMA, scene.registration, "other", 0, 8)
    scene.warehouse.execute(
        "update marketing.tailrace_activations set lease_holder = 'other', "
        f"lease_heartbeat_at = {scene.warehouse.now}"
    )
    assert push(events, hooked(hook)).cause == "lease_taken"
    assert messages(hook) == []
    assert told(scene) == []
    tell(events, RunResult(status="done"), hooked(hook))
    assert messages(hook) == [], "the next run began before this one was told"


def test_states_of_one_run_are_one_message_a_channel(scene: Scene, hook: Hook) -> None:
    """Invalid rows, turnover and a hold come together."""
    scene.build(("insert", 30), ("delete", 20), hold_reason=HELD)
    scene.warehouse.execute(
        "update marketing.tailrace_activations set model_rows = 100, invalid_rows = 40, "
        "synced_rows = 100, sync_mode = 'mirror'"
    )
    push(scene, hooked(hook), hooked(hook, "others"))
    first, second = messages(hook)
    assert first == second
    assert first.startswith("braze_vips -> braze_eu: held, invalid, turnover\n")
    assert "invalid: 40 of 100 rows of the model cannot be sent (40.0 %)" in first
    assert "turnover: 30 entered and 20 left, of 100 synced rows (50.0 %)" in first


def test_members_that_are_sent_again_are_no_turnover(scene: Scene, hook: Hook) -> None:
    """Only rows that the synced state does not know have entered."""
    scene.build(("insert", 40))
    scene.warehouse.execute(
        "update marketing.tailrace_activations set synced_rows = 100, model_rows = 100, "
        "sync_mode = 'membership', hold_reason = 'it is odd'"
    )
    update = "update marketing.braze_vips set _attributes = '{}' where _ordinal <= 10"
    scene.warehouse.execute(update)
    tell(scene, RunResult(status="held"), hooked(hook, turnover_share=30.0))
    assert "turnover" not in messages(hook)[0]
    scene.warehouse.execute(update.replace("'{}'", "null"))
    tell(scene, RunResult(status="held"), hooked(hook, turnover_share=30.0))
    assert "turnover: 40 entered and 0 left" in messages(hook)[0]
