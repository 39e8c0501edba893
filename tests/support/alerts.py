"""Channels of alerts, and a webhook under a test's control."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from socket import socket

from runner.alerts.settings import STATES, Channel, Webhook
from runner.alerts.tell import Alerts
from runner.control import Registration
from runner.errors import TailraceError
from runner.push import push_activation
from runner.report import RunResult
from tests.support.destination import Answer, Destination, Request, connection_to, platform
from tests.support.scene import Scene
from tests.support.warehouses import SCHEMA

HELD = "it would delete 500 of 1000 synced rows"


def channel(
    *on: str, url: str = "http://127.0.0.1:1/hook", name: str = "ops", **shares: float
) -> Channel:
    """A webhook that hears of these states, of all without any."""
    values = {"rejected_share": 1.0, "invalid_share": 1.0, "turnover_share": 30.0, **shares}
    target = Webhook(kind="webhook", url=url)
    return Channel(name=name, target=target, activations=("*",), on=on or STATES, **values)


@dataclass
class Hook(Destination):
    """A server that takes messages as a webhook does; what it took is in `requests`."""

    def receive(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Note a request and answer it."""
        request = Request(
            number=len(self.requests) + 1,
            method=method,
            path=path,
            headers={name.lower(): value for name, value in headers.items()},
            body=body,
        )
        answer = self.behave(request)
        if answer.status // 100 == 2:
            self.requests.append(request)
        return answer


def hooked(hook: Hook, name: str = "ops", **changes: float) -> Channel:
    """A generic webhook that hears of everything."""
    return channel(url=f"{hook.url}/{name}", name=name, **changes)


def tell(scene: Scene, result: RunResult, *channels: Channel) -> None:
    """Tell as a command does that pushes one activation."""
    Alerts(channels).tell(scene.warehouse, SCHEMA, scene.registration, result)


def push(scene: Scene, *channels: Channel) -> RunResult:
    """Push, and tell."""
    result = scene.push()
    tell(scene, result, *channels)
    return result


def push_late(scene: Scene, read: Registration, *channels: Channel) -> RunResult:
    """Push what was read a while ago, and tell as a command does."""
    connection = connection_to(scene.destination.url)
    fitting = (scene.service, platform(scene.service), connection)
    try:
        result = push_activation(scene.warehouse, SCHEMA, read, *fitting, scene.heard)
    except TailraceError as error:
        result = RunResult(status="failed", cause=error.cause, exit_code=error.exit_code)
    Alerts(channels).tell(scene.warehouse, SCHEMA, read, result)
    return result


def messages(hook: Hook) -> list[str]:
    """What the webhook took since it was asked last."""
    found = [json.loads(request.body)["message"] for request in hook.requests]
    hook.requests.clear()
    return found


def told(scene: Scene) -> list[tuple[str, str]]:
    """Recorded states: channel, state."""
    return scene.rows("tailrace_alerts", "channel, state")


def silence(connection: socket) -> None:
    """Listen, and say nothing until the other side hangs up."""
    while connection.recv(65536):
        pass
