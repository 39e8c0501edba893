"""How many pages are on their way: as many as it takes, and no more than there may be."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from threading import Event
from threading import enumerate as enumerate_threads
from typing import cast

import pytest

from runner.delivery import Outcome
from runner.inflight import AHEAD, OUT_OF_ORDER, TURN, InFlight
from runner.pages import Page

CONCURRENCY = 6
WAIT = 20.0


class _Destination:
    """Answers nothing until it is told to."""

    def __init__(self) -> None:
        self.answering = Event()

    def deliver(self, _: Page) -> Outcome:
        self.answering.wait(WAIT)
        return Outcome(rejections={})


@pytest.fixture
def destination() -> _Destination:
    """One that is silent."""
    return _Destination()


@pytest.fixture
def inflight(destination: _Destination) -> Iterator[InFlight]:
    """Nothing on its way yet."""
    made = InFlight(CONCURRENCY)
    yield made
    destination.answering.set()
    made.close()


class _Filled:
    """A page with rows, of which nobody reads anything here."""

    rows = (1,)


def _fill(inflight: InFlight, destination: _Destination) -> int:
    submitted = 0
    while inflight.has_room:
        inflight.submit(cast("Page", _Filled()), destination.deliver)
        submitted += 1
    return submitted


def test_each_worker_has_a_page_and_the_next(inflight: InFlight, destination: _Destination) -> None:
    """As many as the connection allows, and no more than are needed soon."""
    assert _fill(inflight, destination) == CONCURRENCY * AHEAD


def test_turns_are_short_meanwhile() -> None:
    """A thread whose moment has come does not wait long for the others; later all is as before."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(usual := 3 * TURN)
    try:
        inflight = InFlight(CONCURRENCY)
        assert sys.getswitchinterval() == pytest.approx(TURN)
        inflight.close()
        assert sys.getswitchinterval() == pytest.approx(usual)
    finally:
        sys.setswitchinterval(before)


def test_one_worker_is_never_two() -> None:
    """A connection that allows one request at a time gets one."""
    destination, inflight = _Destination(), InFlight(1)
    assert _fill(inflight, destination) == AHEAD
    destination.answering.set()
    inflight.close()


def test_pages_that_wait_for_an_earlier_one_are_bounded(destination: _Destination) -> None:
    """While one page gets no answer, others pass it, up to a limit."""
    inflight = InFlight(2)
    inflight.submit(cast("Page", _Filled()), destination.deliver)
    for _ in range(2 * OUT_OF_ORDER - 1):
        inflight.submit(cast("Page", _Filled()), lambda _: Outcome(rejections={}))
        assert inflight.hear(WAIT) is not None
    assert (inflight.unanswered, inflight.has_room) == (1, False)
    destination.answering.set()
    assert inflight.hear(WAIT) is not None
    assert list(inflight.settled())
    assert inflight.unanswered == 0
    assert inflight.has_room is True
    inflight.close()


def test_workers_end_with_the_run(destination: _Destination) -> None:
    """When it is closed none is left but one that hangs, which the program's end need not await."""
    before = set(enumerate_threads())
    inflight = InFlight(CONCURRENCY)
    workers = set(enumerate_threads()) - before
    assert len(workers) == CONCURRENCY
    assert all(worker.daemon for worker in workers)
    inflight.submit(cast("Page", _Filled()), destination.deliver)
    inflight.close()
    assert len(workers & set(enumerate_threads())) == 1
    destination.answering.set()


def test_no_worker_is_left_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one: what they hold would be found by a driver that looks for leaks at the very end."""
    monkeypatch.setattr("runner.inflight.FAREWELL", WAIT)
    before = set(enumerate_threads())
    InFlight(50 * CONCURRENCY).close()
    assert set(enumerate_threads()) <= before
