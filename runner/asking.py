"""One request and its answer: turns at a rate limit, waits, and what a status means."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from functools import cache, partial

from runner.delivery import Delivery
from runner.destinations.service import (
    Endpoint,
    Platform,
    RateLimit,
    Reply,
    Target,
    Unbelievable,
)
from runner.errors import TailraceError, UnavailableError
from runner.failures import Failure, failure_of, nonsense
from runner.limits import Limiter, Turn, limiter_for
from runner.transport import NotSentError, Transport, UnknownOutcomeError
from runner.wording import amount

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
Pause = Callable[[float], None]


class StoppedError(Exception):
    """The run stops: a request that still waits is not sent any more."""


class UndeliveredError(Exception):
    """A request got no verdict; `fatal`: nothing more is to be sent.

    `cause` is the sentence for a person; None when the run stopped for another reason.
    """

    def __init__(self, cause: TailraceError | None, *, fatal: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.fatal = fatal


class Asker:
    """Makes requests over one transport, one by one; many threads may call it.

    `retry(attempt, wait, cause)` is told of each wait before another attempt. `pause(seconds)`
    sleeps, and raises StoppedError when the run stops; it is also called with 0 before a request.
    """

    def __init__(
        self,
        transport: Transport,
        platform: Platform,
        *,
        retry: Callable[[int, float, str], None],
        pause: Pause,
        limiter: Callable[[RateLimit], Limiter] | None = None,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.transport = transport
        self.retry = retry
        self.clock = clock
        self._platform = platform
        self._pause = pause
        self._jitter = jitter
        self._limiter = limiter or cache(partial(limiter_for, transport.connection))

    def wait(
        self,
        rate: RateLimit,
        seconds: float,
        *,
        limited: bool = False,
        pause: Pause | None = None,
    ) -> None:
        """Wait before another request; `limited`: because the destination says it is too much.

        Raises UndeliveredError when the run stops.
        """
        if limited:
            # Everyone waits who shares the limit, and goes on at the limit's even pace.
            self._limiter(rate).hold_until(seconds)
            return
        try:
            (pause or self._pause)(seconds)
        except StoppedError:
            raise UndeliveredError(None, fatal=True) from None

    def ask(
        self,
        endpoint: Endpoint,
        target: Target,
        body: bytes,
        headers: Mapping[str, str],
        delivery: Delivery,
        *,
        reads: frozenset[int] | None = None,
        rate: RateLimit | None = None,
        pause: Pause | None = None,
    ) -> Reply | Failure:
        """Wait for the rate limit and send a request: a 2xx, or a status in `reads`, is an answer.

        `reads` and `rate` are the endpoint's, unless they are given. Raises UndeliveredError when
        the run stops before it was sent.
        """
        limiter = self._limiter(rate or endpoint.rate)
        # Last of all, so that what has its turn leaves at once.
        turn = self._turn(limiter, pause or self._pause)
        delivery.requests += 1
        delivery.status = None
        try:
            reply = self.transport.call(
                target.method or endpoint.method, target.path, body, headers
            )
        except NotSentError as error:
            return Failure(cause=error)
        except UnknownOutcomeError as error:
            return Failure(cause=error, unknown=True)
        except UnavailableError as error:
            return Failure(cause=error, again=False)
        if reply.left_at is not None:
            limiter.left(turn, reply.left_at)
        delivery.status = reply.status
        return self._read(reply, endpoint, target, endpoint.reads if reads is None else reads)

    def _read(
        self, reply: Reply, endpoint: Endpoint, target: Target, readable: frozenset[int]
    ) -> Reply | Failure:
        """The answer itself, or what its status means."""
        if reply.status // 100 == 2 and _is_page(reply):  # noqa: PLR2004 - 2xx
            page = Unbelievable(reason="it is a page, which some proxy may have put in the way")
            return nonsense(page, self.transport)
        if reply.status // 100 == 2 or reply.status in readable:  # noqa: PLR2004 - 2xx
            return reply
        place = f"{target.method or endpoint.method} {target.shown or target.path}"
        return failure_of(reply, place, endpoint.permission, self.transport, self._platform)

    def _turn(self, limiter: Limiter, pause: Pause) -> Turn:
        try:
            turn = limiter.acquire(pause)
            pause(0)
        except StoppedError:
            raise UndeliveredError(None, fatal=True) from None
        return turn

    def backoff(self, attempt: int) -> float:
        """Seconds before another attempt, by the vendor's rules or by chance."""
        named = self._platform.waits
        if named:
            return named[min(attempt, len(named)) - 1]
        return self._jitter(0.0, min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1)))


def _is_page(reply: Reply) -> bool:
    """Whether it is HTML, which no interface of a program answers with."""
    named = reply.headers.get("content-type", "").lower().startswith("text/html")
    return named or reply.body.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html"))


def exhausted(failure: Failure, attempts: int) -> UnavailableError:
    """The sentence for a request that is not tried again."""
    words = str(failure.cause).rstrip(".")
    tried = f"gave up after {amount(attempts, 'attempt')}"
    asked = f"; it asks to wait {failure.wait:.0f} s" if failure.wait else ""
    return UnavailableError(
        f"{words}: {tried}{asked}. What is settled is recorded; push again.",
        cause=failure.cause.cause,
    )
