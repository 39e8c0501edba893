"""What a row says: its person, where a platform takes exactly one identifier, and its payload."""

from __future__ import annotations

from runner.destinations.common import jsontext
from runner.destinations.common.jsontext import Member
from runner.destinations.service import Activation, Operation, Rejection, Row


def told_operation(activation: Activation, operation: Operation) -> Operation:
    """What a row is to the destination: who leaves under `on_leave: unset` is not deleted."""
    emptied = activation.sync_mode == "mirror" and activation.on_leave == "unset"
    return "update" if emptied and operation == "delete" else operation


def identifier_of(activation: Activation) -> str:
    """The name of the only identifier of an activation that was not refused."""
    return next(iter(activation.identifiers))


def identifier_value(activation: Activation, row: Row) -> str | Rejection:
    """A row's identifier as text, whatever type its column has."""
    name = identifier_of(activation)
    bare = _bare_value(name, row.identifiers)
    if bare:
        return bare
    try:
        value = jsontext.parsed(row.identifiers, numbers_as_text=True).get(name)
    except ValueError:
        return Rejection(code="TAILRACE_BAD_JSON", reason="The identifiers are not a JSON object")
    if not isinstance(value, str) or not value:
        return Rejection(code="TAILRACE_NO_IDENTIFIER", reason=f"`{name}` is not text, or is empty")
    return value


def _bare_value(name: str, identifiers: str) -> str:
    """The value, where the text is but that and escapes nothing, as nearly all are; else empty."""
    begin, end = f'{{"{name}":"', '"}'
    if not (identifiers.startswith(begin) and identifiers.endswith(end)):
        return ""
    value = identifiers[len(begin) : -len(end)]
    return value if value.isprintable() and '"' not in value and "\\" not in value else ""


def payload_of(row: Row) -> dict[str, Member] | Rejection:
    """The attributes of a row, each with the text that the warehouse rendered."""
    try:
        return jsontext.members(row.payload)
    except ValueError:
        return Rejection(code="TAILRACE_BAD_JSON", reason="The payload is not a JSON object")
