"""From a page to one outcome for each of its rows: retries, splitting, and what a status means."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Literal

from runner.destinations.service import (
    Endpoint,
    Platform,
    RateLimit,
    Rejection,
    Service,
    Settled,
    Split,
    Unbelievable,
    Verdict,
)
from runner.errors import TailraceError, UnavailableError
from runner.failures import Failure, failure_of, nonsense
from runner.limits import Limiter, limiter_for
from runner.pages import Page
from runner.transport import NotSentError, Transport, UnknownOutcomeError
from runner.wording import amount

InDoubt = Literal["hold", "resend", "skip"]

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
LONGEST_REASON = 2000
READ_BY_SERVICE = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class StoppedError(Exception):
    """The run stops: a request that still waits is not sent any more."""


class UndeliveredError(Exception):
    """A request got no verdict. `unknown`: its rows may or may not have been taken.

    `cause` is the sentence for a person; None when the run stopped for another reason.
    """

    def __init__(self, cause: TailraceError | None, *, unknown: bool, fatal: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.unknown = unknown
        self.fatal = fatal


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of a page's rows, by index; rows in none of the four were acknowledged.

    `skipped` rows have an unknown outcome that the activation chose to leave at that. `cause` is
    set when the run must stop; `status` is the last one, None without an answer.
    """

    rejections: Mapping[int, Rejection]
    skipped: frozenset[int] = frozenset()
    unknown: frozenset[int] = frozenset()
    unsent: frozenset[int] = frozenset()
    cause: TailraceError | None = None
    status: int | None = None
    requests: int = 0
    retries: int = 0


class Sender:
    """Delivers pages over one transport; many threads may call it.

    `retry(attempt, wait, cause)` is told of each wait before another attempt. `pause(seconds)`
    sleeps, and raises StoppedError when the run stops; it is also called with 0 before a request.
    """

    def __init__(  # noqa: PLR0913 - clock, limiter and dice are here for tests
        self,
        transport: Transport,
        platform: Platform,
        service: Service,
        in_doubt: InDoubt,
        *,
        retry: Callable[[int, float, str], None],
        pause: Callable[[float], None],
        limiter: Callable[[RateLimit], Limiter] | None = None,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._transport = transport
        self._platform = platform
        self._verdict = service.verdict
        self._in_doubt: InDoubt = "resend" if service.repeatable else in_doubt
        self._retry = retry
        self._pause = pause
        self._clock = clock
        self._jitter = jitter
        self._limiter = limiter or partial(limiter_for, transport.connection)

    def deliver(self, page: Page) -> Outcome:
        """Send a page, halving it while the destination refuses it as a whole."""
        delivery = _Delivery()
        pending = [(0, len(page.rows))]
        while pending:
            start, stop = pending.pop()
            try:
                verdict = self._send(page, start, stop, delivery)
            except UndeliveredError as error:
                delivery.undelivered(range(start, stop), error)
                if error.fatal:
                    delivery.unsent.update(*(range(*rest) for rest in pending))
                    return delivery.outcome(error.cause)
                continue
            if isinstance(verdict, Settled):
                for index, rejection in verdict.rejections.items():
                    delivery.rejections[start + index] = self._masked(rejection)
            elif stop - start == 1:
                delivery.rejections[start] = self._masked(verdict.rejection)
            else:
                middle = (start + stop) // 2
                pending += [(middle, stop), (start, middle)]
        return delivery.outcome(None)

    def _send(self, page: Page, start: int, stop: int, delivery: _Delivery) -> Settled | Split:
        options = self._transport.options
        body = page.body(start, stop)
        began = self._clock()
        attempt = 0
        unknown = False
        while True:
            attempt += 1
            delivery.retries += attempt > 1
            result = self._attempt(page.endpoint, body, stop - start, delivery, unknown=unknown)
            if not isinstance(result, Failure):
                return result
            unknown = unknown or result.unknown
            if result.unknown and self._in_doubt != "resend":
                raise UndeliveredError(result.cause, unknown=True, fatal=self._in_doubt == "hold")
            wait = max(result.wait, self._backoff(attempt))
            spent = self._clock() - began
            if not result.again:
                raise UndeliveredError(result.cause, unknown=unknown, fatal=True)
            if attempt >= options.attempts or spent + wait > options.retry_seconds:
                cause = self._exhausted(result, attempt, wait)
                raise UndeliveredError(cause, unknown=unknown, fatal=True)
            self._retry(attempt, wait, str(result.cause))
            self._wait(page.endpoint, result, wait, unknown=unknown)

    def _attempt(
        self, endpoint: Endpoint, body: bytes, rows: int, delivery: _Delivery, *, unknown: bool
    ) -> Settled | Split | Failure:
        try:
            self._limiter(endpoint.rate).acquire(self._pause)
            self._pause(0)
        except StoppedError:
            raise UndeliveredError(None, unknown=unknown, fatal=True) from None
        delivery.requests += 1
        delivery.status = None
        try:
            reply = self._transport.call(endpoint.method, endpoint.path, body)
        except NotSentError as error:
            return Failure(cause=error)
        except UnknownOutcomeError as error:
            return Failure(cause=error, unknown=True)
        except UnavailableError as error:
            return Failure(cause=error, again=False)
        delivery.status = reply.status
        if reply.status // 100 == 2 or reply.status in READ_BY_SERVICE:  # noqa: PLR2004 - 2xx
            return self._believed(self._verdict(reply, rows), rows)
        return failure_of(reply, endpoint, self._transport, self._platform)

    def _believed(self, verdict: Verdict, rows: int) -> Settled | Split | Failure:
        if isinstance(verdict, Settled) and not set(verdict.rejections) <= set(range(rows)):
            verdict = Unbelievable(reason="it names rows that were not sent")
        if isinstance(verdict, Unbelievable):
            return nonsense(verdict, self._transport)
        return verdict

    def _wait(self, endpoint: Endpoint, failure: Failure, wait: float, *, unknown: bool) -> None:
        if failure.limited:
            # Everyone waits who shares the limit, and goes on at the limit's even pace.
            self._limiter(endpoint.rate).hold_until(wait)
            return
        try:
            self._pause(wait)
        except StoppedError:
            raise UndeliveredError(None, unknown=unknown, fatal=True) from None

    def _backoff(self, attempt: int) -> float:
        return self._jitter(0.0, min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1)))

    def _exhausted(self, failure: Failure, attempts: int, wait: float) -> UnavailableError:
        words = str(failure.cause).rstrip(".")
        tried = f"gave up after {amount(attempts, 'attempt')}"
        asked = f"; it asks to wait {wait:.0f} s" if failure.wait else ""
        return UnavailableError(
            f"{words}: {tried}{asked}. What is settled is recorded; push again."
        )

    def _masked(self, rejection: Rejection) -> Rejection:
        return Rejection(
            code=self._transport.masked(rejection.code)[:LONGEST_REASON],
            reason=self._transport.masked(rejection.reason)[:LONGEST_REASON],
        )


class _Delivery:
    """The outcome of one page while it grows."""

    def __init__(self) -> None:
        self.rejections: dict[int, Rejection] = {}
        self.skipped: set[int] = set()
        self.unknown: set[int] = set()
        self.unsent: set[int] = set()
        self.status: int | None = None
        self.requests = 0
        self.retries = 0

    def undelivered(self, rows: range, error: UndeliveredError) -> None:
        if not error.unknown:
            self.unsent.update(rows)
        elif error.fatal:
            self.unknown.update(rows)
        else:
            self.skipped.update(rows)

    def outcome(self, cause: TailraceError | None) -> Outcome:
        return Outcome(
            rejections=self.rejections,
            skipped=frozenset(self.skipped),
            unknown=frozenset(self.unknown),
            unsent=frozenset(self.unsent),
            cause=cause,
            status=self.status,
            requests=self.requests,
            retries=self.retries,
        )
