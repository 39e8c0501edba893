"""What Batch takes as a value; the reason where it would not (Batch contract, sections 1 and 3)."""

from __future__ import annotations

import re

from runner.destinations.service import Rejection

MAX_ITEMS = 25
MAX_URL = 2048
INT64 = range(-(2**63), 2**63)
_PHONE = re.compile(r"\+[1-9][0-9]{1,14}")
_FORMS = {
    "$phone_number": (_PHONE, "must have E.164 form (+33612345678)"),
    "$language": (re.compile(r"[a-z]{2}"), "must be an ISO 639-1 code of two small letters"),
    "$region": (re.compile(r"[A-Z]{2}"), "must be an ISO 3166-1 code of two capitals"),
    "$email_marketing": (
        re.compile("subscribed|unsubscribed"),
        "must be subscribed or unsubscribed",
    ),
    "$sms_marketing": (re.compile("subscribed|unsubscribed"), "must be subscribed or unsubscribed"),
}
NATIVE = frozenset({*_FORMS, "$email_address", "$timezone", "$topic_preferences"})


def wrong(code: str, name: str, words: str) -> Rejection:
    """A refusal of a row for one of its values."""
    return Rejection(code=f"TAILRACE_{code}", reason=f"`{name}` {words}")


def check_text(name: str, value: str, longest: int) -> Rejection | None:
    """Text has at least one character, since Batch refuses an empty one, and at most so many."""
    if not value:
        return wrong("EMPTY", name, "is an empty text, which Batch refuses: send null instead")
    if len(value) > longest:
        return wrong("TOO_LONG", name, f"has more than {longest} characters")
    if name in _FORMS and not _FORMS[name][0].fullmatch(value):
        return wrong("BAD_VALUE", name, _FORMS[name][1])
    return None


def check_items(name: str, value: list[object], longest: int) -> Rejection | None:
    """An array holds up to 25 texts."""
    if len(value) > MAX_ITEMS:
        return wrong("TOO_LONG", name, f"has more than {MAX_ITEMS} items")
    for item in value:
        if not isinstance(item, str):
            return wrong("BAD_VALUE", name, "must be an array of texts")
        refused = check_text(name, item, longest)
        if refused:
            return refused
    return None


def check_number(name: str, value: float) -> Rejection | None:
    """A whole number fits 64 bits, any other is finite."""
    if isinstance(value, int) and value not in INT64:
        return wrong("BAD_VALUE", name, "is beyond a whole number of 64 bits")
    return None
