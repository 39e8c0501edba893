"""What becomes of a push, and of what there is to tell, where telling fails."""

from __future__ import annotations

from dataclasses import replace
from socket import socket

import pytest

from runner.alerts import mail
from runner.alerts.settings import Mail
from runner.alerts.tell import Alerts
from runner.errors import ExitCode
from runner.report import RunResult
from tests.support.alerts import HELD, Hook, channel, hooked, messages, push, silence, tell, told
from tests.support.destination import Answer
from tests.support.scene import Scene
from tests.support.sockets import listening
from tests.support.warehouses import SCHEMA


def test_a_webhook_that_fails_is_told_by_the_next_push(
    scene: Scene, hook: Hook, capsys: pytest.CaptureFixture[str]
) -> None:
    """The push ends as it does, one line says which channel and why, others are told."""
    scene.build(("insert", 5), hold_reason=HELD)
    hook.behave = lambda request: Answer(
        status=500 if request.path == "/broken" else 200, body=b"no <service>"
    )
    broken = hooked(hook, "broken")
    result = push(scene, broken, hooked(hook))
    assert (result.status, result.exit_code) == ("held", ExitCode.HELD)
    assert len(messages(hook)) == 1
    assert told(scene) == [("ops", "held")]
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "Warning: alerts: braze_vips was not told, the next push tells it: broken: "
        f"{hook.url} answered 500 no <service>."
    )
    hook.behave = lambda _: Answer()
    push(scene, broken, hooked(hook))
    assert [request.path for request in hook.requests] == ["/broken"]
    assert told(scene) == [("broken", "held"), ("ops", "held")]


def test_each_channel_hears_of_the_end_by_itself(scene: Scene, hook: Hook) -> None:
    """One that is down when a state ends is told of it later."""
    broken = hooked(hook, "broken")
    scene.build(("insert", 5), hold_reason=HELD)
    push(scene, broken, hooked(hook))
    scene.build(("insert", 5))
    hook.behave = lambda request: Answer(status=500 if request.path == "/broken" else 200)
    push(scene, broken, hooked(hook))
    assert told(scene) == [("broken", "held")]
    hook.requests.clear()
    hook.behave = lambda _: Answer()
    push(scene, broken, hooked(hook))
    assert messages(hook) == ["braze_vips -> braze_eu: resolved: held"]
    assert told(scene) == []


def test_a_refusal_is_of_one_message(scene: Scene, hook: Hook) -> None:
    """The same command tells the channel of the next activation, or of this one again."""
    scene.build(("insert", 5), hold_reason=HELD)
    alerts = Alerts([hooked(hook)])
    answers = iter([429, 200])
    hook.behave = lambda _: Answer(status=next(answers))
    for _ in range(2):
        alerts.tell(scene.warehouse, SCHEMA, scene.registration, scene.push())
    assert told(scene) == [("ops", "held")]


@pytest.mark.parametrize("status", [204, 301, 400, 404])
def test_only_a_success_is_taken_for_one(scene: Scene, hook: Hook, status: int) -> None:
    """A redirect is not followed."""
    scene.build(("insert", 5), hold_reason=HELD)
    hook.behave = lambda _: Answer(status=status, body=b"", headers={"Location": "/elsewhere"})
    push(scene, hooked(hook))
    assert told(scene) == ([("ops", "held")] if status == 204 else [])
    assert "/elsewhere" not in [request.path for request in hook.requests]


def test_what_cannot_be_reached_holds_up_one_push_once(
    scene: Scene, hook: Hook, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A webhook and a mail server that say nothing are left alone after the first wait."""
    monkeypatch.setattr("runner.alerts.webhook.SECONDS", 0.5)
    monkeypatch.setattr(mail, "SECONDS", 0.5)
    scene.build(("insert", 5), hold_reason=HELD)
    calls: list[socket] = []

    def serve(connection: socket) -> None:
        calls.append(connection)
        silence(connection)

    with listening(serve) as place:
        silent = channel(url=f"http://{place}/planted-path", name="hook")
        host, _, port = place.partition(":")
        target = Mail(
            to=("a@b.example",),
            sender="t@b.example",
            host=host,
            port=int(port),
            user=None,
            password=None,
        )
        post = replace(hooked(hook), name="post", target=target)
        alerts = Alerts([silent, post, hooked(hook)])
        for _ in range(2):
            alerts.tell(scene.warehouse, SCHEMA, scene.registration, scene.push())
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[3] for line in lines] == ["hook", "post"]
    assert all(line.endswith("It is not tried again by this push.") for line in lines)
    assert all("timed out" in line for line in lines)
    assert "planted-path" not in "".join(lines)
    assert len(calls) == 2
    assert len(messages(hook)) == 1
    assert told(scene) == [("ops", "held")]


def test_an_answer_is_read_up_to_a_limit(
    scene: Scene, hook: Hook, capsys: pytest.CaptureFixture[str]
) -> None:
    """An endless one does not fill the memory."""
    scene.build(("insert", 5), hold_reason=HELD)
    hook.behave = lambda _: Answer(body=b"x" * (256 * 1024 + 1))
    push(scene, hooked(hook))
    assert "its answer is over 262144 bytes" in capsys.readouterr().err


def test_a_fault_of_the_program_stops_no_push(
    scene: Scene, hook: Hook, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever telling raises, it is a warning, and nothing of what it says."""

    def broken(*_: object) -> None:
        raise ValueError("planted")

    monkeypatch.setattr("runner.alerts.webhook.post", broken)
    scene.build(("insert", 5), hold_reason=HELD)
    push(scene, hooked(hook))
    assert capsys.readouterr().err.endswith("ops: ValueError.\n")
    assert told(scene) == []


def test_what_cannot_be_recorded_is_told_again(
    scene: Scene, hook: Hook, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after a crash between the two: twice is better than never."""
    scene.build(("insert", 5), hold_reason=HELD)
    scene.warehouse.execute("alter table marketing.tailrace_alerts drop column told_at")
    push(scene, hooked(hook))
    push(scene, hooked(hook))
    assert len(messages(hook)) == 2
    assert "ops was told of braze_vips and may be told again: " in capsys.readouterr().err


def test_without_the_table_nobody_is_told(
    scene: Scene, hook: Hook, capsys: pytest.CaptureFixture[str]
) -> None:
    """A project that was not built since tells so, instead of telling each time."""
    scene.build(("insert", 5), hold_reason=HELD)
    scene.warehouse.execute("drop table marketing.tailrace_alerts")
    assert push(scene, hooked(hook)).exit_code == ExitCode.HELD
    assert messages(hook) == []
    assert "nobody was told of braze_vips: " in capsys.readouterr().err
    tell(scene, RunResult(status="done"))
    assert capsys.readouterr().err == ""
