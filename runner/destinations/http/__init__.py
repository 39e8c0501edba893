"""Endpoints of the user's own, declared in destinations.yml: records, memberships and events."""

from __future__ import annotations

from runner.destinations.access import Probe
from runner.destinations.common.settings import option
from runner.destinations.common.waiting import asked_wait
from runner.destinations.http.services import EVENTS, MEMBERSHIP, RECORDS
from runner.destinations.http.settings import CHECK, OPTIONS
from runner.destinations.http.signing import headers, with_token
from runner.destinations.service import Connection, Platform, Reply

__all__ = ["PLATFORM"]

REFUSED = (401, 403)
FAILED = 500


def _probe(connection: Connection) -> Probe:
    declared = option(connection, CHECK)
    place = declared if isinstance(declared, dict) else {}
    return Probe(
        method=str(place.get("method", "GET")),
        path=with_token(connection, str(place.get("path", "/"))),
        body=b"",
        explain=_explain,
    )


def _explain(reply: Reply, connection: Connection) -> str | None:
    if reply.status in REFUSED:
        return f"{connection.url} refuses this token, password or address ({reply.status})."
    if reply.status >= FAILED or (CHECK.name in connection.options and reply.status // 100 != 2):  # noqa: PLR2004
        return f"{connection.url} answered {reply.status} to the request of `check`."
    return None


PLATFORM = Platform(
    name="http",
    title="HTTP endpoints",
    secrets=(),
    optional_secrets=("token", "password", "signing_secret"),
    options=OPTIONS,
    headers=headers,
    wait_after_429=lambda reply: asked_wait(reply, "retry-after"),
    probe=_probe,
    services=(RECORDS, MEMBERSHIP, EVENTS),
)
