"""How sentences about activations, counts and times are put together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from runner.errors import TailraceError


def noun(count: int, one: str, many: str = "") -> str:
    """The noun that fits a count; `many` is `one` with an s unless it is given."""
    return one if count == 1 else many or f"{one}s"


def amount(count: int, one: str, many: str = "") -> str:
    """A count with the noun that fits it."""
    return f"{count:,} {noun(count, one, many)}"


def about(activation: str, sentence: str) -> str:
    """A sentence that begins with the activation it is about, exactly once."""
    begun = sentence.startswith((f"{activation}:", f"{activation} "))
    return sentence if begun else f"{activation}: {sentence}"


@contextmanager
def naming(activation: str) -> Iterator[None]:
    """Let whatever goes wrong inside say which activation it is about."""
    try:
        yield
    except TailraceError as error:
        raise type(error)(about(activation, str(error)), cause=error.cause) from None


def moment(time: datetime | None) -> str | None:
    """A time of the warehouse, which is UTC, without fractions of a second."""
    return None if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"
