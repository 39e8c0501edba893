"""What answers of Voyado say (Voyado contract, sections 4, 6 and 11)."""

from __future__ import annotations

import json

from runner.destinations.common.jsontext import answered
from runner.destinations.service import Rejection, Reply

SUCCESS = range(200, 300)
NOT_FOUND = 404
CONFLICT = 409
REFUSING = frozenset({400, NOT_FOUND, CONFLICT})


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
