"""What answers of Voyado say (Voyado contract, sections 4, 6 and 11)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from runner.destinations.common.jsontext import answered
from runner.destinations.common.rows import payload_of
from runner.destinations.service import (
    Rejection,
    Reply,
    Row,
    Settled,
    Unbelievable,
    Verdict,
)
from runner.destinations.voyado.fields import written

SUCCESS = range(200, 300)
NO_CONTENT = 204
NOT_FOUND = 404
CONFLICT = 409
REFUSING = frozenset({400, NOT_FOUND, CONFLICT})


def read_write(reply: Reply, rows: Sequence[Row]) -> Verdict:
    """A 2xx took the contact, but for fields that the tenant does not have."""
    (row,) = rows
    if reply.status not in SUCCESS:
        return Settled(rejections={0: refusal(reply)})
    if reply.status == NO_CONTENT or not reply.body:
        return Settled(rejections={})
    body = answered(reply.body)
    if body is None:
        return Unbelievable(reason="it is no JSON object")
    attributes = body.get("attributes")
    found = payload_of(row)
    if not isinstance(attributes, dict) or isinstance(found, Rejection):
        return Settled(rejections={})
    unknown = [name for name in written(found) if name not in attributes]
    if not unknown:
        return Settled(rejections={})
    names = ", ".join(f"`{name}`" for name in unknown)
    words = f"Voyado took the contact without {names}: it has no field of that name"
    rejection = Rejection(code="UNKNOWN_FIELD", reason=words)
    return Settled(rejections={0: rejection}, partial=frozenset({0}))


def found_id(reply: Reply) -> str:
    """The contact id of a look-up, which is a bare JSON text; empty where there is none."""
    try:
        value = json.loads(reply.body)
    except ValueError:
        return ""
    return value if isinstance(value, str) else ""


def is_unknown(reply: Reply) -> bool:
    """Whether a look-up says that there is no such contact, and not a server that is no Voyado."""
    return reply.status == NOT_FOUND and b"ContactNotFound" in reply.body


def refusal(reply: Reply) -> Rejection:
    """Voyado's own code and words; the form of an error's body is unconfirmed (U6)."""
    body = answered(reply.body) or {}
    code = body.get("errorCode") or body.get("code") or f"HTTP_{reply.status}"
    words = body.get("message") or body.get("errorMessage")
    if reply.status == CONFLICT:
        words = f"{words or 'several contacts match'}; Voyado does not say which of them is meant"
    return Rejection(
        code=str(code), reason=str(words or f"Voyado answered {reply.status} without a message")
    )
