"""JSON that comes back as it was sent: numbers keep every digit and their own spelling."""

from __future__ import annotations

import json
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import NoReturn, Self


class Number(Decimal):
    """A JSON number with a fraction or an exponent; `text` is its spelling in the request."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        """Keep the spelling beside the value."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def loads(body: bytes) -> object:
    """Parse a JSON document; anything the standard does not allow raises ValueError."""
    try:
        return json.loads(body.decode("utf-8"), parse_float=Number, parse_constant=_refuse)
    except (ArithmeticError, RecursionError) as error:
        raise ValueError(f"unreadable number or nesting: {error!r}") from error


def dumps(value: object) -> str:  # noqa: PLR0911 - one return a type
    """Write a value as compact ASCII JSON; numbers get the digits they came with."""
    match value:
        case None:
            return "null"
        case True:
            return "true"
        case False:
            return "false"
        case str():
            return encode_basestring_ascii(value)
        case Number():
            return value.text
        case Decimal():
            return format(value, "f")
        case int() | float():
            return json.dumps(value)
        case dict():
            pairs = (f"{encode_basestring_ascii(key)}:{dumps(item)}" for key, item in value.items())
            return "{" + ",".join(pairs) + "}"
        case list() | tuple():
            return "[" + ",".join(map(dumps, value)) + "]"
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form")


def size(text: str) -> int:
    """Bytes of a text in UTF-8; a lone surrogate, which JSON can escape, counts as three."""
    return len(text.encode("utf-8", "surrogatepass"))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
