"""News from many threads for one, which need not wake for each of them."""

from __future__ import annotations

from collections import deque
from threading import Event
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """A queue whose reader waits until there is enough in it, or something urgent.

    Whoever wakes for every item takes turns with those who put them, and neither gets on.
    """

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._enough = Event()
        self._wanted = 1

    def put(self, item: T, *, urgent: bool) -> None:
        """Add an item; the reader wakes if it is urgent, or the last one that it waits for."""
        self._items.append(item)
        if urgent or len(self._items) >= self._wanted:
            self._enough.set()

    def take(self, timeout: float, wanted: int) -> T | None:
        """The oldest item, once `wanted` are there, one is urgent or the time is over; or None."""
        self._wanted = wanted
        if len(self._items) < wanted:
            self._enough.wait(timeout)
        item = self._items.popleft() if self._items else None
        if not self._items:
            self._enough.clear()
            # One that came meanwhile is not to wait for others.
            if self._items:
                self._enough.set()
        return item
