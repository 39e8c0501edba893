"""Custom attribute values: types, limits and operators (Braze contract, section 3.5).

Whatever breaks a rule here is dropped after the 201, in silence: `ValueDroppedError`.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar

from runner.sandbox.braze.state import Rules
from runner.sandbox.braze.times import looks_like_time, parse_time
from runner.sandbox.jsontext import dumps, size

TEXT = 255
NESTED_BYTES = 100_000
_Nested = TypeVar("_Nested", dict[str, object], list[object])
_LIST_OPERATORS = frozenset({"add", "remove"})
_OBJECT_OPERATORS = frozenset({"$add", "$update", "$remove"})


class ValueDroppedError(Exception):
    """A value is not stored, and the reply does not say so; the text is the cause."""


def type_of(value: object) -> str:
    """The attribute type a plain value (no operator, not null) stands for."""
    match value:
        case bool():
            return "boolean"
        case int() | Decimal():
            return "number"
        case str():
            return "time" if looks_like_time(value) else "string"
        case dict():
            return "object"
        case list():
            if not value:
                return "empty array"
            return "array of objects" if isinstance(value[0], dict) else "array"
        case _:
            raise ValueDroppedError("wrong type")


def changed(current: object, value: object, *, merge: bool, rules: Rules) -> tuple[str, object]:
    """The type and the new value of an attribute that holds `current` (None: nothing).

    Raises ValueDroppedError when the value breaks a limit.
    """
    if isinstance(value, dict):
        if set(value) == {"inc"}:
            return "number", _increased(current, value["inc"])
        if value and set(value) <= _LIST_OPERATORS:
            return "array", _amended(current, value, rules)
        if set(value) & _OBJECT_OPERATORS:
            return "array of objects", _objects_amended(current, value, merge=merge)
        _check_nested(value)
        if merge and isinstance(current, dict):
            value = merged(current, value)
        return "object", _within_bytes(value)
    if isinstance(value, list):
        return type_of(value), _checked_list(value, rules)
    if isinstance(value, str) and len(value) > TEXT:
        raise ValueDroppedError("text too long")
    return type_of(value), value


def accepts(fixed: str | None, given: str) -> bool:
    """Whether a value of a type fits the attribute's first type; a time is also a string."""
    if fixed is None or fixed == given:
        return True
    if given == "empty array":
        return fixed.startswith("array")
    return (fixed, given) == ("string", "time")


def merged(current: dict[str, object], change: dict[str, object]) -> dict[str, object]:
    """Deep-merge `change` over `current` without touching either."""
    result = dict(current)
    for key, value in change.items():
        held = result.get(key)
        both = isinstance(held, dict) and isinstance(value, dict)
        result[key] = merged(held, value) if both else value  # type: ignore[arg-type] # by `both`
    return result


def _increased(current: object, step: object) -> int:
    start = 0 if current is None else current
    if not _is_integer(start) or not _is_integer(step):
        raise ValueDroppedError("wrong type")
    return int(str(start)) + int(str(step))


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _amended(current: object, change: dict[str, object], rules: Rules) -> list[object]:
    if any(not isinstance(part, list) for part in change.values()):
        raise ValueDroppedError("wrong type")
    items = list(current) if isinstance(current, list) else []
    removed = {dumps(item) for item in _items(change.get("remove"))}
    kept = [item for item in items if dumps(item) not in removed]
    return _checked_list([*kept, *_items(change.get("add"))], rules)


def _checked_list(items: list[object], rules: Rules) -> list[object]:
    if any(isinstance(item, dict) for item in items):
        for item in items:
            if not isinstance(item, dict):
                raise ValueDroppedError("wrong type")
            _check_nested(item)
        return _within_bytes(items)
    for item in items:
        if item is None or isinstance(item, list):
            raise ValueDroppedError("wrong type")
        if isinstance(item, str) and len(item) > TEXT:
            raise ValueDroppedError("text too long")
    # An ordered set: a repeated item moves to the end; the oldest fall out.
    latest = {dumps(item): item for item in reversed(items)}
    return _within_bytes(list(reversed(latest.values()))[-rules.array_items :])


def _objects_amended(current: object, change: dict[str, object], *, merge: bool) -> list[object]:
    if not set(change) <= _OBJECT_OPERATORS or ("$update" in change and not merge):
        raise ValueDroppedError("wrong operator")
    items: list[object] = list(current) if isinstance(current, list) else []
    for rule in _rules(change.get("$remove")):
        items = [item for item in items if not _matches(item, rule)]
    for rule in _rules(change.get("$update")):
        new = rule.get("$new_object")
        if not isinstance(new, dict):
            raise ValueDroppedError("wrong operator")
        _check_nested(new)
        items = [
            merged(item, new) if isinstance(item, dict) and _matches(item, rule) else item
            for item in items
        ]
    for item in _rules(change.get("$add")):
        _check_nested(item)
        items.append(item)
    return _within_bytes(items)


def _rules(value: object) -> list[dict[str, object]]:
    items = [item for item in _items(value) if isinstance(item, dict)]
    if value is not None and (not isinstance(value, list) or len(items) != len(value)):
        raise ValueDroppedError("wrong operator")
    return items


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _matches(item: object, rule: dict[str, object]) -> bool:
    key = rule.get("$identifier_key")
    if not isinstance(item, dict) or key not in item:
        return False
    return dumps(item[key]) == dumps(rule.get("$identifier_value"))


def _check_nested(value: object) -> None:
    match value:
        case None:
            raise ValueDroppedError("null inside an object")
        case {"$time": moment, **others}:
            if others or parse_time(moment) is None:
                raise ValueDroppedError("bad $time")
        case dict():
            for key, item in value.items():
                if not key or len(key) > TEXT or set(key) & set(" .$"):
                    raise ValueDroppedError("bad nested name")
                _check_nested(item)
        case list():
            for item in value:
                _check_nested(item)
        case str() if len(value) > TEXT:
            raise ValueDroppedError("text too long")


def _within_bytes(value: _Nested) -> _Nested:
    if size(dumps(value)) > NESTED_BYTES:
        raise ValueDroppedError("too many bytes")
    return value
