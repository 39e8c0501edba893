"""What holds for every service: page limits, and values that arrive as they were written."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from urllib.parse import unquote

import pytest

from runner.destinations.service import (
    ANY,
    Activation,
    Connection,
    Endpoint,
    Operation,
    Rejection,
    Row,
    Target,
)
from tests.contract.bodies import readable, values
from tests.contract.descriptions import described, validate
from tests.contract.pushing import pages
from tests.contract.situations import Situation, all_situations

ODD_TEXTS = ('say "hi"', "two\nlines\t", "🦊 𝕏 é", "back\\slash /", "\u2028\u0000", "{}[],:")
NUMBERS = (
    "9007199254740993",
    "12345678901234567890.10",
    "0.1000",
    "-1E+2",
    "100000000000000000000",
)
IDENTIFIERS = {
    "external_id": "u-{}",
    "braze_id": "b-{}",
    "user_alias": "c-{}",
    "email": "p{}@example.com",
    "phone": "+336{:08d}",
    "custom_id": "c-{}",
    "customer_id": "c-{}",
    "contactId": "70{}",
    "mobileNumber": "447{:09d}",
    "custom": "c-{}",
    "userId": "c-{}",
    "madid": "c-{}",
}
# Pages of more rows are cut alike, and take minutes here.
MOST = 1000
Case = tuple[Situation, Row]


def _cases() -> Iterator[Case]:
    """The first row of each service, operation and kind of request that a situation sends."""
    seen = set()
    for situation in all_situations():
        if situation.refused is not None:
            continue
        for row in situation.rows:
            place = situation.endpoint(row.operation)
            if isinstance(place.fragment(row), Rejection):
                continue
            key = (situation.service.name, row.operation, place.targets)
            if key not in seen:
                seen.add(key)
                yield situation, row


def _takes_any(situation: Situation, row: Row) -> bool:
    names = dict.fromkeys(situation.activation.identifiers, "a b")
    odd = replace(row, identifiers=json.dumps(names))
    rendered = situation.endpoint(row.operation).fragment(odd)
    formed = {"email", "phone", "mobileNumber"} & names.keys()
    return not formed and not isinstance(rendered, Rejection)


CASES = list(_cases())
# An address or a phone number has a form of its own, the other identifiers may be any text.
OWN_IDS = [(situation, row) for situation, row in CASES if _takes_any(situation, row)]
SENDING = [
    (situation, row)
    for situation, row in CASES
    if situation.activation.attributes and row.operation != "delete"
]


def _name(value: object) -> str:
    if isinstance(value, Row):
        return value.operation
    return value.name if isinstance(value, Situation) else ""


def _numbered(situation: Situation, row: Row, number: int) -> Row:
    (identifier,) = situation.activation.identifiers
    for text in (IDENTIFIERS[identifier].format(number), f"{number:064x}"):
        named = replace(row, ordinal=number, identifiers=json.dumps({identifier: text}))
        if not isinstance(situation.endpoint(row.operation).fragment(named), Rejection):
            return named
    raise AssertionError(f"no identifier is taken as {identifier}")


def _target(situation: Situation, row: Row) -> Target:
    place = situation.endpoint(row.operation)
    return place.route(row) if place.route else place.targets[0]


def _sent(situation: Situation, row: Row) -> bytes:
    """The body of a request with this row alone."""
    fragment = situation.endpoint(row.operation).fragment(row)
    assert isinstance(fragment, bytes), fragment
    target = _target(situation, row)
    body = target.opening + fragment + target.closing
    pack = situation.endpoint(row.operation).pack
    return pack(body) if pack else body


def _steps(path: str) -> list[str]:
    return [unquote(step) for step in path.split("/")]


def _values(situation: Situation, row: Row) -> list[object]:
    return values(_target(situation, row).path, _sent(situation, row))


def _said(situation: Situation, row: Row) -> list[object]:
    """Every value in the body of a request, and every step of its path."""
    return [*_values(situation, row), *_steps(_target(situation, row).path)]


@pytest.mark.parametrize(("situation", "row"), CASES, ids=_name)
def test_page_limits(situation: Situation, row: Row) -> None:
    """One row below, at and above the limit of a page: every row once, in valid requests."""
    service, activation, connection = situation.service, situation.activation, situation.connection
    limit = min(situation.endpoint(row.operation).max_rows, MOST)

    def endpoint(named: Activation, at: Connection, operation: Operation) -> Endpoint:
        return replace(service.endpoint(named, at, operation), max_rows=limit)

    for count in (limit - 1, limit, limit + 1):
        rows = [_numbered(situation, row, number) for number in range(1, count + 1)]
        found = list(pages(replace(service, endpoint=endpoint), activation, connection, rows))
        sizes = [limit, 1] if count > limit else [count]
        assert [len(page.rows) for page in found] == [size for size in sizes if size]
        for page in found:
            for target, indexes in page.requests():
                body = page.body(target, indexes)
                assert len(body) <= page.endpoint.max_bytes
                texts = Counter(each for each in values(target.path, body) if isinstance(each, str))
                texts.update(_steps(target.path))
                (identifier,) = activation.identifiers
                # A row that is looked up is named by its question.
                for index in () if page.endpoint.lookup else indexes:
                    assert texts[json.loads(page.rows[index].identifiers)[identifier]] == 1
                if situation.platform.name in described():
                    validate(situation.platform.name, page.endpoint.method, target.path, body)


@pytest.mark.parametrize(("situation", "row"), OWN_IDS, ids=_name)
@pytest.mark.parametrize("text", ODD_TEXTS)
def test_identifiers_arrive(situation: Situation, row: Row, text: str) -> None:
    """An identifier with quotes, line breaks or emoji is the same text at the destination."""
    (identifier,) = situation.activation.identifiers
    assert text in _said(situation, replace(row, identifiers=json.dumps({identifier: text})))


@pytest.mark.parametrize(("situation", "row"), OWN_IDS, ids=_name)
def test_numbers_as_identifiers(situation: Situation, row: Row) -> None:
    """An identifier from a column of numbers arrives with every digit, as text to a platform."""
    (identifier,) = situation.activation.identifiers
    for number in ("9007199254740993", "1.10"):
        changed = replace(row, identifiers=f'{{"{identifier}": {number}}}')
        if ANY in situation.service.identifiers:
            path = _target(situation, changed).path
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
    return replace(row, payload=f"{{{', '.join(parts)}}}")


def _is_free(name: str, value: object) -> bool:
    own = re.fullmatch(r"[$].*|date[(].*|url[(].*|.*(time|name|id|currency|email|_at)", name)
    return isinstance(value, str) and own is None


FREE = [
    (situation, row)
    for situation, row in SENDING
    if any(_is_free(*each) for each in json.loads(row.payload).items())
]


@pytest.mark.parametrize(("situation", "row"), FREE, ids=_name)
@pytest.mark.parametrize("text", ODD_TEXTS)
@pytest.mark.parametrize("escaped", [True, False])
def test_values_arrive(situation: Situation, row: Row, text: str, escaped: bool) -> None:
    """A value with quotes, line breaks or emoji is the same text at the destination."""
    changed = _with(row, json.dumps(text, ensure_ascii=escaped))
    assert text in _values(situation, changed)


@pytest.mark.parametrize(("situation", "row"), FREE, ids=_name)
@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_keep_their_digits(situation: Situation, row: Row, number: str) -> None:
    """Integers beyond 2^53 and decimals leave with the digits that the warehouse wrote, or not."""
    changed = _with(row, number)
    refused = situation.endpoint(row.operation).fragment(changed)
    if isinstance(refused, Rejection):
        assert refused.code == "TAILRACE_BAD_VALUE"
        return
    path = _target(situation, changed).path
    assert number in readable(path, _sent(situation, changed)).decode()
    found = _values(situation, changed)
    assert number in found or Decimal(number) in found


@pytest.mark.parametrize(("situation", "row"), SENDING, ids=_name)
def test_null_in_every_attribute(situation: Situation, row: Row) -> None:
    """A null removes an attribute of a record, and is left out of an event or stops it."""
    payload = json.loads(row.payload)
    for name in payload:
        changed = replace(row, payload=json.dumps({**payload, name: None}))
        refused = situation.endpoint(row.operation).fragment(changed)
        if situation.service.kind == "event" and ANY not in situation.service.identifiers:
            if isinstance(refused, Rejection):
                assert name in (*situation.service.required_attributes, "name")
            else:
                assert None not in _values(situation, changed)
        else:
            # Some platforms know no null, and clear by an empty text.
            assert {None, ""} & set(_values(situation, changed))


@pytest.mark.parametrize(("situation", "row"), CASES, ids=_name)
def test_broken_rows_are_refused(situation: Situation, row: Row) -> None:
    """Identifiers that are no JSON object, or lack the identifier, become refusals."""
    (identifier,) = situation.activation.identifiers
    for text in ("", "null", "[1]", "{", "{}", f'{{"{identifier}": true}}', "[" * 5000):
        refused = situation.endpoint(row.operation).fragment(replace(row, identifiers=text))
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
