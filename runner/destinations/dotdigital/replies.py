"""What answers of Dotdigital say of single contacts (Dotdigital contract, sections 3, 6, 8)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from runner.destinations.common.jsontext import answered
from runner.destinations.service import Rejection, Reply, Row, Settled, Unbelievable, Verdict
from runner.errors import UnavailableError

SUCCESS = range(200, 300)
NOT_FOUND = 404
# Nothing was taken.
REFUSING = frozenset({400, NOT_FOUND, 409})
_V2_CODE = re.compile(r"ERROR_[A-Z_]+")
USED_UP = "ERROR_APIUSAGE_EXCEEDED"
NO_CONTACT = "ERROR_CONTACT_NOT_FOUND"


def code_of(reply: Reply) -> str:
    """The code of an error of either API; empty where there is none."""
    body = answered(reply.body) or {}
    code = body.get("errorCode") or body.get("error")
    found = _V2_CODE.search(str(body.get("message") or ""))
    return str(code) if code else found[0] if found else ""


def refusal(reply: Reply) -> Rejection:
    """Dotdigital's own code and words."""
    body = answered(reply.body) or {}
    words = body.get("description") or body.get("message")
    details = [each for each in body.get("details") or () if isinstance(each, dict)]
    more = "".join(f"; {each.get('item')}: {each.get('description')}" for each in details)
    said = f"{words}{more}" if words else f"Dotdigital answered {reply.status} without a message"
    return Rejection(code=code_of(reply) or f"HTTP_{reply.status}", reason=said)


def read_contact(reply: Reply, _: Sequence[Row]) -> Verdict:
    """The answer to a change of one contact."""
    if reply.status in SUCCESS:
        told = not reply.body or answered(reply.body) is not None
        return Settled(rejections={}) if told else Unbelievable(reason="it is no JSON object")
    if code_of(reply) == USED_UP:
        return Unbelievable(reason="the calls of this hour are used up")
    return Settled(rejections={0: refusal(reply)})


def read_removal(reply: Reply, _: Sequence[Row]) -> Verdict:
    """The answer to a removal from a list: whoever is not there needs none."""
    if reply.status == NOT_FOUND and code_of(reply) == NO_CONTACT:
        return Settled(rejections={})
    return read_contact(reply, ())


def found_contact(reply: Reply) -> int | Unbelievable | None:
    """The number of the contact that was asked for; None where there is no such contact."""
    if reply.status == NOT_FOUND:
        known = answered(reply.body) is not None
        return None if known else Unbelievable(reason="its 404 is not one of Dotdigital's")
    number = (answered(reply.body) or {}).get("contactId")
    if not isinstance(number, int) or isinstance(number, bool):
        return Unbelievable(reason="it does not say which contact it is")
    return number


def listed(reply: Reply) -> list[Mapping[str, Any]]:
    """The objects of an answer that is a list. Raises UnavailableError for any other."""
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise UnavailableError(
            "Dotdigital gave an answer that makes no sense: it is no list.", cause="nonsense"
        )
    return [each for each in found if isinstance(each, dict)]
