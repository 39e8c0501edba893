"""A question is asked before every attempt, and leaves nothing in doubt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner.delivery import Outcome
from runner.destinations.service import (
    Lookup,
    Rejection,
    Reply,
    Row,
    Settled,
    Target,
    Unbelievable,
)
from runner.transport import UnknownOutcomeError
from tests.support.bench import OK, Bench, Scripted, Vendor, page_of, reply
from tests.support.destination import service

FOUND = reply(200, b"7")
EVENTS = service(repeatable=False)


def _read(found: Reply, row: Row) -> Target | Settled | Rejection | Unbelievable:
    if found.body == b"none":
        return Settled(rejections={})
    if found.status == 409:
        return Rejection(code="MANY", reason=f"{row.record_key} is there twice")
    if not found.body.isdigit():
        return Unbelievable(reason="it is no id")
    return Target(path=f"/people/{found.body.decode()}", method="PATCH", opening=b"{", closing=b"}")


def _delivered(*script: Scripted, repeatable: bool = True) -> tuple[Outcome, list[str]]:
    vendor = Vendor(*script, attempts=2)
    page = page_of(1)
    lookup = Lookup(ask=lambda row: Target(path=f"/id/{row.record_key}", method="GET"), read=_read)
    page.endpoint = replace(page.endpoint, lookup=lookup, reads=frozenset({400, 409}))
    bench = Bench(vendor, served=service() if repeatable else EVENTS)
    return bench.sender.deliver(page), vendor.asked


def test_a_row_goes_where_the_answer_says() -> None:
    """The method, the path and what stands around the row are those that were found."""
    outcome, asked = _delivered(FOUND, OK)
    assert asked == ["GET /id/k0", 'PATCH /people/7 {{"key": "k0"}}']
    assert (outcome.rejections, outcome.unknown, outcome.requests) == ({}, frozenset(), 2)


def test_a_row_that_cannot_be_found_is_refused() -> None:
    """Nothing is sent."""
    outcome, asked = _delivered(reply(409))
    assert outcome.rejections == {0: Rejection(code="MANY", reason="k0 is there twice")}
    assert (asked, outcome.doubted) == (["GET /id/k0"], frozenset())


@pytest.mark.parametrize(
    "script",
    [
        [reply(500), reply(503)],
        [UnknownOutcomeError("cut"), UnknownOutcomeError("cut")],
        [reply(200, b"<html>"), reply(200, b"<html>")],
    ],
    ids=repr,
)
def test_a_question_without_an_answer_leaves_nothing_in_doubt(script: list[Scripted]) -> None:
    """Events too are surely unsent, and the question may be asked again."""
    outcome, asked = _delivered(*script, repeatable=False)
    assert asked == ["GET /id/k0"] * 2
    assert (outcome.unsent, outcome.unknown) == (frozenset({0}), frozenset())


def test_what_may_have_been_written_is_looked_for_first() -> None:
    """A repeat never follows a write blindly."""
    outcome, asked = _delivered(reply(200, b"1"), reply(502), reply(200, b"2"), OK)
    assert [each.partition(" {")[0] for each in asked] == [
        "GET /id/k0",
        "PATCH /people/1",
        "GET /id/k0",
        "PATCH /people/2",
    ]
    assert (outcome.rejections, outcome.unknown) == ({}, frozenset())


def test_a_refusal_after_a_doubt_is_in_doubt() -> None:
    """The first write may have been taken."""
    outcome, _ = _delivered(FOUND, reply(502), reply(409))
    assert set(outcome.rejections) == outcome.doubted == {0}


def test_where_nothing_is_left_to_do_nothing_is_sent() -> None:
    """Whoever is to be taken out and is not there counts as taken out."""
    outcome, asked = _delivered(reply(200, b"none"))
    assert asked == ["GET /id/k0"]
    assert (outcome.rejections, outcome.unsent, outcome.unknown) == ({}, frozenset(), frozenset())
