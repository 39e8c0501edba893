"""From a page to one outcome for each of its rows: retries, splitting, and what a status means."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Literal

from runner.delivery import Delivery, Outcome, Part
from runner.destinations.service import (
    Endpoint,
    Lookup,
    Platform,
    RateLimit,
    Rejection,
    Reply,
    Row,
    Service,
    Settled,
    Split,
    Target,
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
        self._in_doubt: InDoubt = "resend" if service.repeatable else in_doubt
        self._retry = retry
        self._pause = pause
        self._clock = clock
        self._jitter = jitter
        self._limiter = limiter or partial(limiter_for, transport.connection)

    def deliver(self, page: Page) -> Outcome:
        """Send a page, halving it while the destination refuses it as a whole."""
        delivery = Delivery()
        pending = [Part(*request, doubtful=False) for request in page.requests()][::-1]
        while pending:
            part = pending.pop()
            delivery.doubtful = part.doubtful
            try:
                verdict = self._send(page, part, delivery)
            except UndeliveredError as error:
                delivery.leave(part._replace(doubtful=delivery.doubtful), fatal=error.fatal)
                if error.fatal:
                    for rest in pending:
                        delivery.leave(rest, fatal=True)
                    return delivery.outcome(error.cause)
                continue
            if isinstance(verdict, Settled):
                delivery.settle(part, verdict)
            elif len(part.rows) == 1:
                delivery.refuse(part.rows[0], verdict.rejection)
            else:
                middle = len(part.rows) // 2
                halves = (part.rows[middle:], part.rows[:middle])
                pending += [Part(part.target, half, delivery.doubtful) for half in halves]
        return delivery.outcome(None)

    def _send(self, page: Page, part: Part, delivery: Delivery) -> Settled | Split:
        options = self._transport.options
        request_id = uuid.uuid4().hex
        self._take_turn(page.endpoint)
        began = self._clock()
        attempt = 0
        while True:
            attempt += 1
            result = self._attempt(page, part, request_id, delivery)
            if not isinstance(result, Failure):
                # A success that leaves rows open may have taken any of them.
                took = delivery.status not in page.endpoint.reads
                delivery.doubtful |= took and isinstance(result, Split)
                return result
            delivery.doubtful |= result.unknown
            if result.unknown and self._in_doubt != "resend":
                raise UndeliveredError(result.cause, fatal=self._in_doubt == "hold")
            if not result.again:
                raise UndeliveredError(result.cause, fatal=True)
            wait = max(result.wait, self._backoff(attempt))
            spent = self._clock() - began
            if attempt >= options.attempts or spent + wait > options.retry_seconds:
                raise UndeliveredError(self._exhausted(result, attempt), fatal=True)
            self._retry(attempt, wait, str(result.cause))
            self._take_turn(page.endpoint, wait, limited=result.limited)
            delivery.retries += 1

    def _take_turn(self, endpoint: Endpoint, wait: float = 0.0, *, limited: bool = False) -> None:
        limiter = self._limiter(endpoint.rate)
        try:
            if limited:
                # Everyone waits who shares the limit, and goes on at the limit's even pace.
                limiter.hold_until(wait)
            else:
                self._pause(wait)
            limiter.acquire(self._pause)
            self._pause(0)
        except StoppedError:
            raise UndeliveredError(None, fatal=True) from None

    def _attempt(
        self, page: Page, part: Part, request_id: str, delivery: Delivery
    ) -> Settled | Split | Failure:
        endpoint, target = page.endpoint, part.target
        rows = [page.rows[index] for index in part.rows]
        if endpoint.lookup:
            found = self._looked_up(endpoint, endpoint.lookup, rows[0], delivery)
            if not isinstance(found, Target):
                return found
            target = found
            self._take_turn(endpoint)
        body = page.body(target, part.rows)
        headers = {**endpoint.headers, **endpoint.sign(body, request_id)}
        reply = self._asked(endpoint, target, body, headers, delivery)
        if isinstance(reply, Failure):
            return reply
        return self._believed(endpoint.verdict(reply, rows), len(rows))

    def _looked_up(
        self, endpoint: Endpoint, lookup: Lookup, row: Row, delivery: Delivery
    ) -> Target | Settled | Failure:
        """Where a row goes; a question that fails leaves nothing in doubt."""
        reply = self._asked(endpoint, lookup.ask(row), b"", endpoint.headers, delivery)
        if isinstance(reply, Failure):
            return replace(reply, unknown=False)
        found = lookup.read(reply, row)
        if isinstance(found, Rejection):
            return Settled(rejections={0: found})
        if isinstance(found, Unbelievable):
            return replace(nonsense(found, self._transport), unknown=False)
        return found

    def _asked(
        self,
        endpoint: Endpoint,
        target: Target,
        body: bytes,
        headers: Mapping[str, str],
        delivery: Delivery,
    ) -> Reply | Failure:
        """The answer to a request, if it is one that the endpoint reads."""
        method = target.method or endpoint.method
        delivery.requests += 1
        delivery.status = None
        try:
            reply = self._transport.call(method, target.path, body, headers)
        except NotSentError as error:
            return Failure(cause=error)
        except UnknownOutcomeError as error:
            return Failure(cause=error, unknown=True)
        except UnavailableError as error:
            return Failure(cause=error, again=False)
        delivery.status = reply.status
        if reply.status // 100 == 2 or reply.status in endpoint.reads:  # noqa: PLR2004 - 2xx
            return reply
        place = f"{method} {target.shown or target.path}"
        return failure_of(reply, place, endpoint.permission, self._transport, self._platform)

    def _believed(self, verdict: Verdict, rows: int) -> Settled | Split | Failure:
        if isinstance(verdict, Settled) and not set(verdict.rejections) <= set(range(rows)):
            verdict = Unbelievable(reason="it names rows that were not sent")
        if isinstance(verdict, Unbelievable):
            return nonsense(verdict, self._transport)
        return verdict

    def _backoff(self, attempt: int) -> float:
        named = self._platform.waits
        if named:
            return named[min(attempt, len(named)) - 1]
        return self._jitter(0.0, min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1)))

    def _exhausted(self, failure: Failure, attempts: int) -> UnavailableError:
        words = str(failure.cause).rstrip(".")
        tried = f"gave up after {amount(attempts, 'attempt')}"
        asked = f"; it asks to wait {failure.wait:.0f} s" if failure.wait else ""
        return UnavailableError(
            f"{words}: {tried}{asked}. What is settled is recorded; push again.",
            cause=failure.cause.cause,
        )
