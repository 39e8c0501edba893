"""What is generated from: a row of each kind of request that a situation of a service sends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from runner.destinations.service import Endpoint, Rejection, Row, Target
from tests.contract.situations import Situation, all_situations

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
Case = tuple[Situation, Row]
Kind = Callable[[Situation, Row], object]


def target_of(situation: Situation, row: Row) -> Target:
    """Where the row goes, or goes first."""
    place = situation.endpoint(row.operation)
    return place.route(row) if place.route else place.targets[0]


def frame_of(situation: Situation, row: Row) -> object:
    """What tells the requests of a service apart, but for the rows in them."""
    place: Endpoint = situation.endpoint(row.operation)
    target = target_of(situation, row)
    routed = (place.method, target.opening, target.closing, place.max_rows > 1)
    return place.targets or routed


def cases(kind: Kind) -> Iterator[Case]:
    """The first row of each service, operation and kind of request that a situation sends."""
    seen = set()
    for situation in all_situations():
        if situation.refused is not None or len(situation.activation.identifiers) != 1:
            continue
        for row in situation.rows:
            if isinstance(situation.endpoint(row.operation).fragment(row), Rejection):
                continue
            key = (situation.service.name, row.operation, kind(situation, row))
            if key not in seen:
                seen.add(key)
                yield situation, row


CASES = list(cases(lambda situation, row: situation.endpoint(row.operation).targets))
# Those too of which only the frame is another: what a user declares of an endpoint of their own.
FRAMES = list(cases(frame_of))


def name_of(value: object) -> str:
    """The id of a parameter."""
    match value:
        case Row():
            return value.operation
        case int():
            return str(value)
        case _:
            return str(getattr(value, "name", ""))


def numbered(situation: Situation, row: Row, number: int) -> Row:
    """The row under another identifier and key."""
    (identifier,) = situation.activation.identifiers
    for text in (IDENTIFIERS[identifier].format(number), f"{number:064x}"):
        named = row._replace(
            ordinal=number,
            record_key=f"key-{number}",
            identifiers=json.dumps({identifier: text}),
        )
        if not isinstance(situation.endpoint(row.operation).fragment(named), Rejection):
            return named
    raise AssertionError(f"no identifier is taken as {identifier}")
