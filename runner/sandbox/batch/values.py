"""Names and values that Batch takes (Batch contract, sections 1 and 3), each with its mistake."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

NAME = re.compile(r"[a-z0-9_]{1,30}")
_WRAPPED = re.compile(r"(?P<wrapper>date|url)\((?P<name>[^()]*)\)")
_UTC = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?")
ITEMS = 25
URL = 2048
INT64 = range(-(2**63), 2**63)
_PATTERNS = {
    "$phone_number": r"\+[1-9][0-9]{1,14}",
    "$language": r"[a-z]{2}",
    "$region": r"[A-Z]{2}",
    "$email_marketing": r"subscribed|unsubscribed",
    "$sms_marketing": r"subscribed|unsubscribed",
    "$email_address": r"[^@\s]+@[^@\s]+",
    "$timezone": r"[A-Za-z_+-]+(/[A-Za-z0-9_+-]+)*",
}


def split_name(key: str) -> tuple[str, str]:
    """The wrapper of a name (`date`, `url` or none) and the name in it."""
    found = _WRAPPED.fullmatch(key)
    return (found["wrapper"], found["name"]) if found else ("", key)


def moment(text: object, *, zone: str) -> datetime | None:
    """A time in UTC that ends in `zone`, or None."""
    if not isinstance(text, str) or not text.endswith(zone):
        return None
    plain = text.removesuffix(zone)
    if not _UTC.fullmatch(plain):
        return None
    try:
        return datetime.fromisoformat(f"{plain}+00:00")
    except ValueError:
        return None


def text_mistake(value: str, longest: int) -> str | None:
    """A text has at least one character."""
    return None if 0 < len(value) <= longest else f"length must be between 1 and {longest}"


def items_mistake(value: list[object], longest: int) -> str | None:
    """An array holds texts only."""
    if len(value) > ITEMS:
        return f"at most {ITEMS} items are allowed"
    for item in value:
        if not isinstance(item, str):
            return "an array holds texts"
        if mistake := text_mistake(item, longest):
            return mistake
    return None


def number_mistake(value: object) -> str | None:
    """A whole number has 64 bits."""
    fits = not isinstance(value, int) or isinstance(value, bool) or value in INT64
    return None if fits else "must fit 64 bits"


def contact_mistake(  # noqa: PLR0911 - one return a kind of value
    key: str, value: object
) -> str | None:
    """Why custom data of an app is malformed, or None."""
    wrapper, name = split_name(key)
    prefix, _, plain = name.partition(".")
    if wrapper == "url" or not NAME.fullmatch(plain) or prefix not in {"u", "ut"}:
        return "is no name of an attribute"
    if value is None:
        return None
    if wrapper == "date":
        return None if moment(value, zone="") else "is no date"
    if prefix == "ut":
        return items_mistake(value, 64) if isinstance(value, list) else "must be an array of texts"
    if isinstance(value, str):
        return text_mistake(value, 64)
    if isinstance(value, bool | int | float | Decimal):
        return number_mistake(value)
    return "is no text, number or boolean"


def profile_mistake(  # noqa: PLR0911 - one return a kind of value
    key: str, value: object
) -> str | None:
    """Why an attribute of a profile is refused, or None."""
    if key.startswith("$"):
        return _native_mistake(key, value)
    if key_mistake := _key_mistake(key):
        return key_mistake
    wrapper, _ = split_name(key)
    if value is None:
        return None
    if wrapper == "date":
        return None if moment(value, zone="Z") else "is no date"
    if wrapper == "url":
        return text_mistake(value, URL) if isinstance(value, str) else "is no URL"
    if isinstance(value, Mapping):
        edit = bool(value) and set(value) <= {"$add", "$remove"}
        lists = all(isinstance(items, list) for items in value.values())
        return None if edit and lists else "objects are not allowed"
    return _plain_mistake(value)


def event_mistake(attributes: object) -> str | None:
    """Why the attributes of an event are refused, or None: objects are allowed there."""
    if not isinstance(attributes, Mapping):
        return "attributes must be an object"
    for key, value in attributes.items():
        if key in {"$label", "$tags"}:
            continue
        nested = isinstance(value, Mapping) or (
            isinstance(value, list) and any(isinstance(item, Mapping) for item in value)
        )
        mistake = _key_mistake(key) or (None if nested else profile_mistake(key, value))
        if mistake or value is None:
            return f"{key} {mistake or 'is null'}"
    return None


def _key_mistake(key: str) -> str | None:
    return None if NAME.fullmatch(split_name(key)[1]) else "is no name of an attribute"


def _native_mistake(key: str, value: object) -> str | None:
    if key == "$topic_preferences" or (value is None and key in _PATTERNS):
        return None
    if key not in _PATTERNS:
        return "is no attribute of Batch's own"
    fits = isinstance(value, str) and re.fullmatch(_PATTERNS[key], value)
    return None if fits else "has another form"


def _plain_mistake(value: object) -> str | None:
    if isinstance(value, str):
        return text_mistake(value, 300)
    return items_mistake(value, 300) if isinstance(value, list) else number_mistake(value)
