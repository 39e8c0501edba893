"""What holds for every service: values arrive as they were written, or are refused."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from urllib.parse import unquote

import pytest

from runner.destinations.service import ANY, Operation, Rejection, Row
from tests.contract.bodies import readable, values
from tests.contract.cases import CASES, name_of, target_of
from tests.contract.situations import Situation

ODD_TEXTS = ('say "hi"', "two\nlines\t", "🦊 𝕏 é", "back\\slash /", "\u2028\u0000", "{}[],:")
NUMBERS = (
    "9007199254740993",
    "12345678901234567890.10",
    "0.1000",
    "-1E+2",
    "100000000000000000000",
)


def _takes_any(situation: Situation, row: Row) -> bool:
    names = dict.fromkeys(situation.activation.identifiers, "a b")
    odd = row._replace(identifiers=json.dumps(names))
    rendered = situation.endpoint(row.operation).fragment(odd)
    formed = {"email", "phone", "mobileNumber"} & names.keys()
    return not formed and not isinstance(rendered, Rejection)


# An address or a phone number has a form of its own, the other identifiers may be any text.
OWN_IDS = [(situation, row) for situation, row in CASES if _takes_any(situation, row)]
SENDING = [
    (situation, row)
    for situation, row in CASES
    if situation.activation.attributes and row.operation != "delete"
]


def _sent(situation: Situation, row: Row) -> bytes:
    """The body of a request with this row alone."""
    fragment = situation.endpoint(row.operation).fragment(row)
    assert isinstance(fragment, bytes), fragment
    target = target_of(situation, row)
    body = target.opening + fragment + target.closing
    pack = situation.endpoint(row.operation).pack
    return pack(body) if pack else body


def _steps(path: str) -> list[str]:
    return [unquote(step) for step in path.split("/")]


def _values(situation: Situation, row: Row) -> list[object]:
    return values(target_of(situation, row).path, _sent(situation, row))


def _said(situation: Situation, row: Row) -> list[object]:
    """Every value in the body of a request, and every step of its path."""
    return [*_values(situation, row), *_steps(target_of(situation, row).path)]


@pytest.mark.parametrize(("situation", "row"), OWN_IDS, ids=name_of)
@pytest.mark.parametrize("text", ODD_TEXTS)
def test_identifiers_arrive(situation: Situation, row: Row, text: str) -> None:
    """An identifier with quotes, line breaks or emoji is the same text at the destination."""
    (identifier,) = situation.activation.identifiers
    assert text in _said(situation, row._replace(identifiers=json.dumps({identifier: text})))


@pytest.mark.parametrize(("situation", "row"), OWN_IDS, ids=name_of)
def test_numbers_as_identifiers(situation: Situation, row: Row) -> None:
    """An identifier from a column of numbers arrives with every digit, as text to a platform."""
    (identifier,) = situation.activation.identifiers
    for number in ("9007199254740993", "1.10"):
        changed = row._replace(identifiers=f'{{"{identifier}": {number}}}')
        if ANY in situation.service.identifiers:
            path = target_of(situation, changed).path
            assert number in readable(path, _sent(situation, changed)).decode()
        else:
            assert number in _said(situation, changed)


def _with(row: Row, value: str) -> Row:
    """The row with this JSON in the place of each of its plain texts that is no time or name."""
    payload = json.loads(row.payload)
    parts = [
        f"{json.dumps(name)}: {value if _is_free(name, old) else json.dumps(old)}"
        for name, old in payload.items()
    ]
    return row._replace(payload=f"{{{', '.join(parts)}}}")


def _is_free(name: str, value: object) -> bool:
    own = re.fullmatch(r"[$].*|date[(].*|url[(].*|.*(time|name|id|currency|email|_at)", name)
    return isinstance(value, str) and own is None


FREE = [
    (situation, row)
    for situation, row in SENDING
    if any(_is_free(*each) for each in json.loads(row.payload).items())
]


@pytest.mark.parametrize(("situation", "row"), FREE, ids=name_of)
@pytest.mark.parametrize("text", ODD_TEXTS)
@pytest.mark.parametrize("escaped", [True, False])
def test_values_arrive(situation: Situation, row: Row, text: str, escaped: bool) -> None:
    """A value with quotes, line breaks or emoji is the same text at the destination."""
    changed = _with(row, json.dumps(text, ensure_ascii=escaped))
    assert text in _values(situation, changed)


@pytest.mark.parametrize(("situation", "row"), FREE, ids=name_of)
@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_keep_their_digits(situation: Situation, row: Row, number: str) -> None:
    """Integers beyond 2^53 and decimals leave with the digits that the warehouse wrote, or not."""
    changed = _with(row, number)
    refused = situation.endpoint(row.operation).fragment(changed)
    if isinstance(refused, Rejection):
        assert refused.code == "TAILRACE_BAD_VALUE"
        return
    path = target_of(situation, changed).path
    assert number in readable(path, _sent(situation, changed)).decode()
    found = _values(situation, changed)
    assert number in found or Decimal(number) in found


@pytest.mark.parametrize(("situation", "row"), SENDING, ids=name_of)
def test_null_in_every_attribute(situation: Situation, row: Row) -> None:
    """A null removes an attribute of a record, and is left out of an event or stops it."""
    payload = json.loads(row.payload)
    for name in payload:
        changed = row._replace(payload=json.dumps({**payload, name: None}))
        refused = situation.endpoint(row.operation).fragment(changed)
        if situation.service.kind == "event" and ANY not in situation.service.identifiers:
            if isinstance(refused, Rejection):
                assert name in (*situation.service.required_attributes, "name")
            else:
                assert None not in _values(situation, changed)
        else:
            # Some platforms know no null, and clear by an empty text.
            assert {None, ""} & set(_values(situation, changed))


@pytest.mark.parametrize(("situation", "row"), CASES, ids=name_of)
def test_broken_rows_are_refused(situation: Situation, row: Row) -> None:
    """Identifiers that are no JSON object, or lack the identifier, become refusals."""
    (identifier,) = situation.activation.identifiers
    for text in ("", "null", "[1]", "{", "{}", f'{{"{identifier}": true}}', "[" * 5000):
        refused = situation.endpoint(row.operation).fragment(row._replace(identifiers=text))
        assert isinstance(refused, Rejection)


def test_every_operation_has_a_case() -> None:
    """What the tests above are made from holds every operation of every kind of service."""
    found: set[tuple[str, Operation]] = {(each.service.kind, row.operation) for each, row in CASES}
    assert found == {
        ("record", "insert"),
        ("record", "update"),
        ("record", "delete"),
        ("event", "insert"),
        ("membership", "insert"),
        ("membership", "update"),
        ("membership", "delete"),
    }
