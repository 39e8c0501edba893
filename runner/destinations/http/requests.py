"""From a row to its place in a request, as the connection declares it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypedDict

from runner.destinations.common.paths import step
from runner.destinations.common.rows import told_operation
from runner.destinations.common.settings import count, option, rate
from runner.destinations.http.replies import reader
from runner.destinations.http.settings import (
    BODY,
    MAX_BYTES,
    MAX_ROWS,
    METHOD,
    PATH,
    RATE_LIMIT,
    REFUSING,
    ROW,
    declared,
)
from runner.destinations.http.signing import signature, with_token
from runner.destinations.http.templates import (
    Names,
    Template,
    TemplateFault,
    expression,
    parsed,
    template,
    written,
)
from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Operation,
    Rejection,
    Row,
    Target,
)

GONE = frozenset({404, 410})
_EXPRESSION = re.compile(r"(\{\{.*?\}\})", re.DOTALL)
_PLACE = re.compile(r"\s*\{\{\s*(rows?)\s*\}\}\s*")
# No text of a user's is this one, so it can be found again in the JSON of a frame.
_MARK = "\N{REPLACEMENT CHARACTER}place of the rows\N{REPLACEMENT CHARACTER}"


class _RowNames(TypedDict):
    operation: str
    record_key: str
    identifiers: dict[str, object]
    attributes: dict[str, object]


class Frame(NamedTuple):
    """What stands around the rows of a request; `many`: it takes more than one."""

    opening: bytes
    closing: bytes
    many: bool
    empty: bool = False


def endpoint(
    activation: Activation,
    connection: Connection,
    operation: Operation,
    row: object,
    *,
    repeatable: bool,
) -> Endpoint:
    """The endpoint of an operation; `row` is the template where the connection has none."""
    operation = told_operation(activation, operation)
    frame = frame_of(declared(connection, BODY, operation))
    shown = str(declared(connection, PATH, operation))
    path = path_of(shown)
    # What is deleted by a path of its own and not there is gone already.
    gone = GONE if operation == "delete" and _EXPRESSION.search(shown) else frozenset()
    value = template(declared(connection, ROW, operation) or row)
    return Endpoint(
        route=partial(_target, connection, frame, path, shown),
        fragment=partial(_fragment, activation, frame, path, value),
        verdict=reader(connection, gone, repeatable=repeatable),
        reads=frozenset(option(connection, REFUSING)) | gone,  # type: ignore[call-overload]  # checked
        sign=partial(signature, connection),
        method=str(declared(connection, METHOD, operation)),
        max_rows=count(connection, MAX_ROWS) if frame.many else 1,
        max_bytes=count(connection, MAX_BYTES),
        rate=rate(connection, RATE_LIMIT, connection.name),
        permission="access to this endpoint",
    )


def frame_of(body: object) -> Frame:
    """What stands around the rows; raises TemplateFault unless they have exactly one place."""
    if body is None:
        return Frame(b"", b"", many=False, empty=True)
    places: list[str] = []
    opening, *closing = written(_marked(body, places)).split(json.dumps(_MARK))
    if len(places) != 1 or len(closing) != 1:
        raise TemplateFault('it needs "{{ row }}" or "{{ rows }}" once, and no other template')
    many = places[0] == "rows"
    brackets = ("[", "]") if many else ("", "")
    return Frame(f"{opening}{brackets[0]}".encode(), f"{brackets[1]}{closing[0]}".encode(), many)


def _marked(value: object, places: list[str]) -> object:
    match value:
        case dict():
            return {key: _marked(item, places) for key, item in value.items()}
        case list():
            return [_marked(item, places) for item in value]
        case str() if found := _PLACE.fullmatch(value):
            places.append(found[1])
            return _MARK
        case str() if "{{" in value or "{%" in value:
            places.append("")
            return _MARK
        case _:
            return value


def path_of(text: str) -> Callable[[Names], str]:
    """Prepare a path: every value in it is percent-encoded, so that it stays one step of it."""
    parts = [
        expression(part) if _EXPRESSION.fullmatch(part) else part
        for part in _EXPRESSION.split(text)
    ]
    return lambda names: "".join(
        part if isinstance(part, str) else _step(part, names) for part in parts
    )


def _step(part: Template, names: Names) -> str:
    value = part(names)
    is_text = isinstance(value, str | int | float) and not isinstance(value, bool)
    place = step(str(value)) if is_text else None
    if place is None:
        raise TemplateFault("its path has a value that is missing, empty or no text")
    return place


def _is_identifier(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""


def _names(row: Row) -> _RowNames:
    return {
        "operation": row.operation,
        "record_key": row.record_key,
        "identifiers": _object(row.identifiers),
        "attributes": _object(row.payload),
    }


def _object(text: str) -> dict[str, object]:
    found = parsed(text)
    if not isinstance(found, dict):
        raise TemplateFault("a row is no JSON object")
    return found


def _target(
    connection: Connection, frame: Frame, path: Callable[[Names], str], shown: str, row: Row
) -> Target:
    try:
        place = path(_names(row))
    except ValueError:
        place = "/"  # its fragment is refused for the same reason
    return Target(
        path=with_token(connection, place),
        shown=shown,
        opening=frame.opening,
        closing=frame.closing,
    )


def _fragment(
    activation: Activation, frame: Frame, path: Callable[[Names], str], value: Template, row: Row
) -> bytes | Rejection:
    try:
        names = _names(row)
        names["operation"] = told_operation(activation, row.operation)
        for name in activation.identifiers:
            if not _is_identifier(names["identifiers"].get(name)):
                return Rejection(
                    code="TAILRACE_NO_IDENTIFIER", reason=f"`{name}` is not text, or is empty"
                )
        path(names)
        return b"" if frame.empty else written(value(names)).encode()
    except TemplateFault as fault:
        return Rejection(code="TAILRACE_TEMPLATE", reason=str(fault))
    except ValueError:
        return Rejection(code="TAILRACE_BAD_JSON", reason="A row is not a JSON object")
