"""One bad row among good ones, and nothing but bad ones, for every service.

A row may be refused here, before it is sent, or by its destination. What a destination says of
rows by their place or name is told by situations; here it refuses whatever holds the bad row.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Operation,
    Rejection,
    Reply,
    Row,
    Service,
    Settled,
    Split,
    Target,
    Verdict,
)
from tests.contract.cases import FRAMES, name_of, numbered
from tests.contract.pushing import Outcome, push
from tests.contract.situations import Situation, all_situations
from tests.contract.vendors import Answering, Exact

SENT = [each for each in all_situations() if each.exchanges]
ROWS = range(1, 6)
TAKEN = Reply(status=200, headers={}, body=b"taken")


def _unfit(situation: Situation, row: Row, ordinal: int) -> Iterator[Row]:
    """Rows of that operation that are refused here: nobody's, and one without a payload."""
    yield row._replace(ordinal=ordinal, identifiers="{}")
    names = dict.fromkeys(situation.activation.identifiers, f"{ordinal}@example.com")
    broken = row._replace(ordinal=ordinal + 1, identifiers=json.dumps(names), payload="[")
    if isinstance(situation.endpoint(row.operation).fragment(broken), Rejection):
        yield broken


@pytest.mark.parametrize("situation", SENT, ids=name_of)
def test_a_row_that_is_refused_here_changes_nothing_for_the_others(situation: Situation) -> None:
    """Requests and outcomes are those of the situation, with bad rows around each of its rows."""
    mixed: list[Row] = []
    for row in situation.rows:
        mixed += _unfit(situation, row, 1000 + 10 * row.ordinal)
        mixed += [row, *_unfit(situation, row, 1005 + 10 * row.ordinal)]
    vendor = Exact(situation)
    outcomes = _pushed(situation, situation.service, mixed, vendor)
    assert [outcomes.pop(row.ordinal) for row in situation.rows] == list(situation.outcomes)
    assert not vendor.waiting
    assert len(outcomes) == len(mixed) - len(situation.rows) > 0
    assert all(_code(each).startswith("TAILRACE_") for each in outcomes.values())


class Picky(Answering):
    """Takes every request but those that hold a bad row; notes where to, and who was in which.

    `service` has pages of five rows, at which whatever is not refused is taken. What a look-up
    finds for a row has a path of its own.
    """

    def __init__(
        self, situation: Situation, rows: Sequence[Row], bad: set[int], status: int
    ) -> None:
        super().__init__(situation, self._judged)
        self.taken: list[tuple[str, list[int]]] = []
        self.refused: list[tuple[str, list[int]]] = []
        self.place = situation.endpoint(rows[0].operation)
        self.service = replace(situation.service, endpoint=self._endpoint)
        self._made, self._rows, self._bad = situation.service.endpoint, rows, bad
        self._refusal = Reply(status=status, headers={}, body=b"{}")

    def _endpoint(self, named: Activation, at: Connection, operation: Operation) -> Endpoint:
        place = self._made(named, at, operation)

        def verdict(reply: Reply, rows: Sequence[Row]) -> Verdict:
            return Settled(rejections={}) if reply is TAKEN else place.verdict(reply, rows)

        def found(row: Row) -> Target:
            return replace(place.targets[0], path=f"/{row.ordinal}")

        rows = len(self._rows) if place.max_rows > 1 else 1
        self.place = replace(place, verdict=verdict, max_rows=rows)
        if place.lookup:
            self.place = replace(self.place, lookup=None, targets=(), route=found)
        return self.place

    def _judged(self, _: str, path: str, body: bytes) -> Reply:
        held = [row.ordinal for row in self._rows if self._holds(path, body, row)]
        refused = bool(self._bad & set(held))
        (self.refused if refused else self.taken).append((path, held))
        return self._refusal if refused else TAKEN

    def _holds(self, path: str, body: bytes, row: Row) -> bool:
        fragment, route = self.place.fragment(row), self.place.route
        assert isinstance(fragment, bytes), fragment
        return fragment in body and (route is None or route(row).path == path)


def _refusals(situation: Situation, row: Row) -> Iterator[tuple[int, Rejection]]:
    """Every status by which such a request is refused for what it holds, with its words."""
    place = situation.endpoint(row.operation)
    for status in sorted(place.reads):
        verdict = place.verdict(Reply(status=status, headers={}, body=b"{}"), [row])
        if isinstance(verdict, Split):
            yield status, verdict.rejection
        elif isinstance(verdict, Settled) and verdict.rejections:
            yield status, verdict.rejections[0]


REFUSED = [case for case in FRAMES if list(_refusals(*case))]


def _refusing(
    situation: Situation, row: Row, status: int, bad: set[int]
) -> tuple[dict[int, Outcome], Picky]:
    """Push five rows to a destination that refuses some of them."""
    rows = [numbered(situation, row, number) for number in ROWS]
    vendor = Picky(situation, rows, bad, status)
    return _pushed(situation, vendor.service, rows, vendor), vendor


@pytest.mark.parametrize(("situation", "row"), REFUSED, ids=name_of)
@pytest.mark.parametrize("bad", [1, 3, 5])
def test_a_row_that_its_destination_refuses_costs_no_other(
    situation: Situation, row: Row, bad: int
) -> None:
    """It is looked for by halves until it stands alone; each other row is taken just once."""
    good = [number for number in ROWS if number != bad]
    for status, why in _refusals(situation, row):
        outcomes, vendor = _refusing(situation, row, status, {bad})
        assert outcomes == {bad: why, **dict.fromkeys(good, "acknowledged")}
        targets = len(vendor.place.targets) or 1
        taken = Counter((path, number) for path, held in vendor.taken for number in held)
        assert set(taken.values()) == {1}
        assert sorted(number for _, number in taken) == sorted(good * targets)
        assert vendor.refused[-1][1] == [bad]
        # Of five rows two or three are left, then one or two, then one.
        assert len(vendor.refused) <= targets * (4 if vendor.place.max_rows > 1 else 1)


@pytest.mark.parametrize(("situation", "row"), REFUSED, ids=name_of)
def test_rows_that_are_all_refused_end_with_a_reason_each(situation: Situation, row: Row) -> None:
    """Each of them was sent alone at last, in fewer requests than twice the rows."""
    for status, why in _refusals(situation, row):
        outcomes, vendor = _refusing(situation, row, status, set(ROWS))
        assert outcomes == dict.fromkeys(ROWS, why)
        assert vendor.taken == []
        targets = len(vendor.place.targets) or 1
        alone = [held[0] for _, held in vendor.refused if len(held) == 1]
        assert sorted(alone) == sorted([*ROWS] * targets)
        assert len(vendor.refused) < targets * 2 * len(ROWS)


def test_every_service_that_answers_can_refuse() -> None:
    """What the tests above are made from holds every service that has anybody to refuse a row."""
    every = {situation.service.name for situation, _ in FRAMES if not situation.platform.schemes}
    assert every == {situation.service.name for situation, _ in REFUSED}


def _pushed(
    situation: Situation, service: Service, rows: Sequence[Row], vendor: Exact | Answering
) -> dict[int, Outcome]:
    place = situation.platform, service, situation.activation, situation.connection
    return push(*place, rows, vendor)


def _code(outcome: Outcome) -> str:
    return outcome.code if isinstance(outcome, Rejection) else ""
