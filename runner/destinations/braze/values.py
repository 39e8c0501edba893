"""Values that Braze would drop in silence after a 201, found before they are sent.

Braze contract, sections 3.4, 3.5, 3.7, 4 and 5. A reason names the attribute and the rule, never
the value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from runner.destinations.braze.fields import CHOICES, FIELD_TYPES, FORMS, TIMES, TYPE_NAMES
from runner.destinations.braze.settings import (
    MAX_ITEMS,
    MAX_NESTED,
    MAX_STRING,
    MERGE_OBJECTS,
)
from runner.destinations.braze.times import is_date, is_time
from runner.destinations.common.settings import flag, number
from runner.destinations.service import Activation, Rejection

_OPERATOR_KEYS = frozenset(
    {"$add", "$update", "$remove", "$identifier_key", "$identifier_value", "$new_object"}
)
_ALWAYS_RIGHT = frozenset({bool, int, float})
# A date inside an object is written {"$time": ...}, section 3.5.
_TIME_KEY = "$time"


class Limits(NamedTuple):
    """The limits of custom attributes, from the activation's settings."""

    string: int
    items: int
    nested: int
    merge: bool

    @classmethod
    def of(cls, activation: Activation) -> Limits:
        """Read the limits from the settings."""
        return cls(
            string=number(activation, MAX_STRING),
            items=number(activation, MAX_ITEMS),
            nested=number(activation, MAX_NESTED),
            merge=flag(activation, MERGE_OBJECTS),
        )


def check_attributes(payload: Mapping[str, object], limits: Limits) -> Rejection | None:
    """The first value that Braze would not store, or None; null removes and is always right."""
    for name, value in payload.items():
        kind = FIELD_TYPES.get(name)
        # Nearly all are one of these.
        if kind is None and (
            type(value) in _ALWAYS_RIGHT or (type(value) is str and len(value) <= limits.string)
        ):
            continue
        if value is None:
            continue
        rejection = _custom(name, value, limits) if kind is None else _standard(name, value, kind)
        if rejection is not None:
            return rejection
    return None


def wrong(code: str, name: str, rule: str) -> Rejection:
    """A rejection that names the attribute and the rule."""
    return Rejection(code=f"TAILRACE_{code}", reason=f"`{name}` {rule}")


def size(value: object) -> int:
    """Bytes of the value as compact JSON."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-8", "surrogatepass"))


def _standard(name: str, value: object, kind: type) -> Rejection | None:
    if not isinstance(value, kind):
        return wrong("BAD_TYPE", name, f"must be {TYPE_NAMES[kind]}")
    if name in CHOICES and value not in CHOICES[name]:
        return wrong("BAD_VALUE", name, f"must be one of {', '.join(CHOICES[name])}")
    if name in FORMS:
        pattern, rule = FORMS[name]
        if not pattern.fullmatch(str(value)):
            return wrong("BAD_VALUE", name, f"must be {rule}")
    if name == "dob" and not is_date(value):
        return wrong("BAD_VALUE", name, "must be a date written YYYY-MM-DD")
    if name in TIMES and not is_time(value):
        return wrong("BAD_VALUE", name, "must be a time in ISO 8601")
    return None


def _custom(name: str, value: object, limits: Limits) -> Rejection | None:
    if isinstance(value, str) and len(value) > limits.string:
        return wrong("TOO_LONG", name, f"has more than {limits.string} characters")
    if isinstance(value, dict):
        rejection = _operator(name, value, limits)
        if rejection is not None:
            return rejection
    if isinstance(value, list | dict):
        return _container(name, value, limits)
    return None


def _container(
    name: str, value: list[object] | dict[str, object], limits: Limits
) -> Rejection | None:
    plain = isinstance(value, list) and not any(isinstance(item, dict) for item in value)
    if plain and len(value) > limits.items:
        return wrong("TOO_MANY_ITEMS", name, f"has more than {limits.items} items")
    for code, rule in _nested(value, limits):
        return wrong(code, name, rule)
    if size(value) > limits.nested:
        return wrong("TOO_BIG", name, f"has more than {limits.nested} bytes as JSON")
    return None


def _operator(name: str, value: Mapping[str, object], limits: Limits) -> Rejection | None:
    """Refuse what must not be repeated: a request without an answer is sent again."""
    amount = value.get("inc")
    if len(value) == 1 and isinstance(amount, int | float) and not isinstance(amount, bool):
        return wrong("NOT_REPEATABLE", name, "must not be an inc, which a repeat would double")
    if "$add" in value:
        return wrong("NOT_REPEATABLE", name, "must not be an $add, which a repeat would double")
    if "$update" in value and not limits.merge:
        return wrong("NEEDS_MERGE", name, "is an $update, which needs settings.merge_objects: true")
    return None


def _nested(value: object, limits: Limits) -> Iterator[tuple[str, str]]:
    """Codes and rules that anything inside an object or array breaks."""
    inside = list(_inside(value))
    while inside:
        key, part = inside.pop()
        yield from _nested_key(key, limits)
        if part is None:
            yield "NESTED_NULL", "holds a null inside an object or array"
        elif key == _TIME_KEY and not is_time(part):
            yield "BAD_VALUE", "holds a $time that is not a time in ISO 8601"
        elif isinstance(part, str) and len(part) > limits.string:
            yield "TOO_LONG", f"holds a text of more than {limits.string} characters"
        inside.extend(_inside(part))


def _nested_key(key: str | None, limits: Limits) -> Iterator[tuple[str, str]]:
    if key is None or key == _TIME_KEY or key in _OPERATOR_KEYS:
        return
    if len(key) > limits.string:
        yield "TOO_LONG", f"holds a key of more than {limits.string} characters"
    if not key or any(sign in key for sign in " .$"):
        yield "BAD_KEY", "holds a key that is empty or has a space, a dot or a dollar sign"


def _inside(value: object) -> Iterator[tuple[str | None, object]]:
    """The parts of an object with their keys, or of an array without."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((None, item) for item in value)
