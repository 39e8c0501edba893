"""Promises of a page that is read back, since its answer does not say what of it was taken."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from runner.asking import StoppedError
from runner.destinations.service import ReadBack, Reply, Row, Settled, Target, Verdict
from runner.transport import NotSentError
from tests.support.bench import OK, Bench, Vendor, reply
from tests.support.destination import service

EVENTS = service(repeatable=False)
ALL = frozenset({0, 1})


def _read_back(reply: Reply, _: Sequence[Row]) -> Verdict:
    return ReadBack(
        target=Target(path="/rows", method="GET"), read=lambda _: Settled(rejections={})
    )


def test_what_is_read_back_decides() -> None:
    """One request more, and it is over."""
    vendor = Vendor(OK, OK)
    outcome = Bench(vendor, verdict=_read_back).deliver(2)
    assert [asked.split()[0] for asked in vendor.asked] == ["POST", "GET"]
    assert (outcome.rejections, outcome.unknown, outcome.unsent) == ({}, frozenset(), frozenset())


@pytest.mark.parametrize("answer", [reply(401), reply(503), NotSentError("nobody listens")])
def test_rows_that_cannot_be_read_back_are_in_doubt(answer: Reply | Exception) -> None:
    """They were taken, so they are not unsent; what must not come twice is not sent again."""
    vendor = Vendor(OK, answer)
    outcome = Bench(vendor, verdict=_read_back, served=EVENTS).deliver(2)
    assert (outcome.unknown, outcome.unsent) == (ALL, frozenset())
    assert [asked.split()[0] for asked in vendor.asked] == ["POST", "GET"]


def test_a_run_that_stops_before_the_reading_leaves_doubt() -> None:
    """The lease may be gone by then."""
    vendor = Vendor(OK, OK)
    bench = Bench(vendor, verdict=_read_back, served=EVENTS)

    def pause(_: float) -> None:
        if vendor.asked:
            raise StoppedError

    bench.asker._pause = pause
    outcome = bench.deliver(2)
    assert (outcome.unknown, outcome.unsent) == (ALL, frozenset())


def test_records_are_sent_again() -> None:
    """A repeat is harmless, and so the page is written and read once more."""
    vendor = Vendor(OK, reply(503), OK, OK)
    outcome = Bench(vendor, verdict=_read_back).deliver(2)
    assert [asked.split()[0] for asked in vendor.asked] == ["POST", "GET", "POST", "GET"]
    assert (outcome.retries, outcome.unknown) == (1, frozenset())
