"""The one harmless call that proves URL and key of a connection."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus

from runner.destinations.service import Connection, Platform
from runner.errors import UnavailableError
from runner.transport import call

REFUSED_KEY = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def mistake(connection: Connection, platform: Platform) -> str | None:
    """What the probe found wrong; None also where its fallback proves a key that it refused.

    Raises UnavailableError where no answer came.
    """
    probe = platform.probe(connection)
    reply = call(connection, platform, probe.method, probe.path, probe.body, probe.headers)
    found = probe.explain(reply, connection)
    other = probe.fallback
    if found and other and reply.status in REFUSED_KEY:
        with suppress(UnavailableError):
            again = call(connection, platform, other.method, other.path, other.body, other.headers)
            return found if other.explain(again, connection) else None
    return found
