"""Rate limits: at most so many requests in any window, shared by all threads of one bucket."""

from __future__ import annotations

import hashlib
import threading
import time
from array import array
from collections.abc import Callable
from typing import NamedTuple

from runner.destinations.service import Connection, RateLimit

# Between leaving here and being counted at the destination a request may be delayed by this share
# of the window without two windows' worth of requests meeting in one.
RESERVE = 0.025
# The pace stays below what the window allows, so that evenly spaced requests never touch it.
PACE = 0.985
# Slots missed by late threads may be caught up within this share of the window.
CATCH_UP = 0.05
# The requests of this share of the window leave at once, so that few do not wait for their turns. A
# third of what the pace leaves over: a run that follows a busy one finds room for them.
HEAD_START = 0.005


class Turn(NamedTuple):
    """Leave to send one request: since when, and where it is noted."""

    at: float
    place: int


class Limiter:
    """Grants evenly spaced slots: never more than `requests` in any window of `seconds`.

    Slots are reserved ahead, so many waiting threads wake one after the other; a log of the last
    grants keeps the promise also when threads wake late or catch up.
    """

    def __init__(self, rate: RateLimit, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = rate.seconds / rate.requests / PACE
        self._window = rate.seconds * (1 + RESERVE)
        self._usual_delay = rate.seconds * RESERVE / 2
        self._catch_up = rate.seconds * CATCH_UP
        # A ring, once it is full: hundreds of thousands may be granted in an hour.
        self._grants = array("d")
        self._most = rate.requests
        self._oldest = 0
        self._next = clock() - rate.seconds * HEAD_START
        self._held_until = self._next
        self._clock = clock
        self._lock = threading.Lock()

    def acquire(self, sleep: Callable[[float], None]) -> Turn:
        """Return when a request may be sent; `sleep` may raise to give up."""
        slot: float | None = None
        while True:
            with self._lock:
                now = self._clock()
                if slot is None or slot < self._held_until:
                    slot = self._reserve(now)
                ready = slot
                if len(self._grants) == self._most:
                    ready = max(ready, self._grants[self._oldest] + self._window)
                if now >= ready:
                    return Turn(now, self._note(now))
            sleep(ready - now)

    def hold_until(self, wait: float) -> None:
        """Grant nothing for `wait` seconds from now: the destination asked for it."""
        with self._lock:
            self._held_until = max(self._held_until, self._clock() + wait)

    def left(self, turn: Turn, at: float) -> None:
        """Hear when a request left; one that was held up after its turn counts from then on."""
        if at - turn.at <= self._usual_delay:
            return
        with self._lock:
            if self._grants[turn.place] == turn.at:
                self._grants[turn.place] = at

    def _note(self, now: float) -> int:
        if len(self._grants) < self._most:
            self._grants.append(now)
            return len(self._grants) - 1
        place = self._oldest
        self._grants[place] = now
        self._oldest = (place + 1) % self._most
        return place

    def _reserve(self, now: float) -> float:
        slot = max(self._next, now - self._catch_up, self._held_until)
        self._next = slot + self._interval
        return slot


_limiters: dict[tuple[str, str, str], Limiter] = {}
_limiters_lock = threading.Lock()


def limiter_for(connection: Connection, rate: RateLimit) -> Limiter:
    """The one limiter of this process for the connection's address, key and bucket."""
    secrets = "\0".join(connection.secrets[name] for name in sorted(connection.secrets))
    fingerprint = hashlib.sha256(secrets.encode()).hexdigest()
    key = (connection.url, fingerprint, rate.bucket)
    with _limiters_lock:
        if key not in _limiters:
            _limiters[key] = Limiter(rate)
        return _limiters[key]
