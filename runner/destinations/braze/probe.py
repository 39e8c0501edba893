"""The call that proves a connection without changing data (Braze contract, section 12, rule 10)."""

from __future__ import annotations

import json

from runner.destinations.access import Probe
from runner.destinations.service import Connection, Reply

SUCCESS = range(200, 300)
BAD_REQUEST = 400
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
TOO_MANY = 429
SERVER_ERROR = 500
_BODY = {"external_ids": ["tailrace-check"], "fields_to_export": ["external_id"]}


def explain_export(reply: Reply, connection: Connection) -> str | None:
    """Explain the reply to an export of a user that does not exist."""
    if reply.status in SUCCESS and _message(reply) == "success":
        return None
    if reply.status == FORBIDDEN:
        return _named(
            connection,
            "knows this key, but it lacks the permission users.export.ids, which only this check "
            "needs, or it may not be used from this address: as neither can be changed, make a new "
            "key in the dashboard, with users.track and what else your services need",
        )
    return _common(reply, connection, "users.export.ids")


def explain_track(reply: Reply, connection: Connection) -> str | None:
    """Explain the reply to an empty request to /users/track: a 400 means that the key is good."""
    if reply.status == BAD_REQUEST and _is_object(reply):
        return None
    if reply.status == FORBIDDEN:
        return _named(
            connection,
            "knows this key, but it lacks the permission users.track, or it may not be used from "
            "this address: as neither can be changed, make a new key in the dashboard",
        )
    return _common(reply, connection, "users.track")


def _common(reply: Reply, connection: Connection, permission: str) -> str:
    if reply.status == UNAUTHORIZED:
        return _named(
            connection,
            "does not accept this key: it is wrong, or it belongs to another cluster (a key works "
            "on one REST host only, shown in the dashboard under Settings > APIs and Identifiers), "
            f"or it lacks the permission {permission}; compare host and key",
        )
    if reply.status == NOT_FOUND:
        return _named(
            connection, "has no such address: the url must be a REST host of Braze without a path"
        )
    if reply.status == TOO_MANY:
        return _named(connection, "is over its rate limit: try again in a minute")
    if reply.status >= SERVER_ERROR:
        return _named(connection, f"failed with status {reply.status}: try again later")
    if reply.status in SUCCESS or not _is_object(reply):
        return _named(
            connection,
            f"answered status {reply.status} with something that Braze would not say: the url must "
            "be a REST host (https://rest...), not the dashboard",
        )
    words = _message(reply) or "no message"
    return _named(connection, f"refused the check with status {reply.status} ({words})")


def _named(connection: Connection, cause: str) -> str:
    return f"{connection.url} {cause}."


def _is_object(reply: Reply) -> bool:
    try:
        return isinstance(json.loads(reply.body), dict)
    except (ValueError, RecursionError):
        return False


def _message(reply: Reply) -> str | None:
    message = json.loads(reply.body).get("message") if _is_object(reply) else None
    return message if isinstance(message, str) else None


TRACK = Probe(method="POST", path="/users/track", body=b"{}", explain=explain_track)
EXPORT = Probe(
    method="POST",
    path="/users/export/ids",
    body=json.dumps(_BODY).encode(),
    explain=explain_export,
    fallback=TRACK,
)
