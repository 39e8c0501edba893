"""JSON text taken apart and joined without rendering a value anew, so digits survive."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple, NoReturn

_SPACE = " \t\r\n"


class Member(NamedTuple):
    """One member of a JSON object: its value as written, and as Python sees it."""

    text: str
    value: object


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_TEXT_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_int=str, parse_float=str)


_ENCODER = json.JSONEncoder()


def parsed(text: str, *, numbers_as_text: bool = False) -> dict[str, object]:
    """Parse a JSON object for checks; raises ValueError when the text is anything else."""
    try:
        value = (_TEXT_DECODER if numbers_as_text else _DECODER).decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one kind of error for callers to catch
    return value


def answered(body: bytes) -> dict[str, Any] | None:
    """The JSON object that an answer is; None where it is anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def inner(text: str) -> str:
    """Return what stands between the braces of a JSON object; raises ValueError without braces."""
    text = text.strip(_SPACE)
    if not (text.startswith("{") and text.endswith("}")):
        raise ValueError("not an object")
    return text[1:-1].strip(_SPACE)


def members(text: str) -> dict[str, Member]:
    """Take a JSON object apart into its members; raises ValueError when it is not one."""
    rest = inner(text)
    found: dict[str, Member] = {}
    at = 0
    while at < len(rest):
        try:
            key, at = _DECODER.raw_decode(rest, at)
            at = _after(rest, at, ":")
            value, end = _DECODER.raw_decode(rest, at)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        if not isinstance(key, str):
            raise ValueError("a key is not text")  # noqa: TRY004 - one kind of error for callers to catch
        found[key] = Member(rest[at:end], value)
        at = _skip(rest, end)
        if at < len(rest):
            at = _after(rest, at, ",")
            if at == len(rest):
                raise ValueError("a comma without a member")
    return found


def quoted(text: str) -> str:
    """Render text as a JSON string."""
    return _ENCODER.encode(text)


def joined(parts: Iterable[str]) -> str:
    """Make a JSON object of members, leaving out empty ones."""
    return "{" + ",".join(filter(None, parts)) + "}"


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _after(text: str, at: int, sign: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != sign:
        raise ValueError(f"{sign} expected")
    return _skip(text, at + 1)
