"""The inbox wakes its reader for enough news, for urgent ones, or when its time is over."""

from __future__ import annotations

from threading import Thread
from time import monotonic, sleep

import pytest

from runner.inbox import Inbox

LONG = 20.0
SHORT = 0.05


@pytest.fixture
def inbox() -> Inbox[int]:
    """Empty."""
    return Inbox()


def _later(inbox: Inbox[int], *items: int, urgent: bool = False) -> Thread:
    def put() -> None:
        for item in items:
            sleep(SHORT)
            inbox.put(item, urgent=urgent)

    thread = Thread(target=put)
    thread.start()
    return thread


def test_items_come_in_their_order(inbox: Inbox[int]) -> None:
    """What is there is given out at once; beyond it there is nothing."""
    for item in range(3):
        inbox.put(item, urgent=False)
    assert [inbox.take(LONG, wanted) for wanted in (3, 2, 1)] == [0, 1, 2]
    assert inbox.take(0.0, 1) is None


def test_it_waits_for_enough(inbox: Inbox[int]) -> None:
    """One that waits for two does not wake for the first."""
    thread = _later(inbox, 1, 2)
    assert inbox.take(LONG, 2) == 1
    assert inbox.take(0.0, 1) == 2  # it was there
    thread.join()


def test_it_waits_no_longer_than_it_is_told(inbox: Inbox[int]) -> None:
    """In the end it gives what there is."""
    inbox.put(1, urgent=False)
    assert inbox.take(SHORT, 2) == 1
    assert inbox.take(SHORT, 2) is None


def test_urgent_news_wake_at_once(inbox: Inbox[int]) -> None:
    """However much is waited for, and whatever lies before it."""
    inbox.put(1, urgent=False)
    thread = _later(inbox, 2, urgent=True)
    began = monotonic()
    assert [inbox.take(LONG, 9), inbox.take(LONG, 9)] == [1, 2]
    assert monotonic() - began < LONG / 2
    thread.join()


def test_after_urgent_news_it_waits_again(inbox: Inbox[int]) -> None:
    """News that were told wake nobody any more."""
    inbox.put(1, urgent=True)
    assert inbox.take(LONG, 9) == 1
    began = monotonic()
    assert inbox.take(SHORT, 9) is None
    assert monotonic() - began >= SHORT
