"""From a page to one outcome for each of its rows: retries, splitting, and what a status means."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

from runner.destinations.service import (
    Endpoint,
    Platform,
    RateLimit,
    Rejection,
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
from runner.masking import masked
from runner.pages import Page
from runner.transport import NotSentError, Transport, UnknownOutcomeError
from runner.wording import amount

InDoubt = Literal["hold", "resend", "skip"]

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
LONGEST_REASON = 2000


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


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of a page's rows, by index; rows in none of the four were acknowledged.

    `doubted` ones of the rejected rows may have been taken by an earlier request.
    `skipped` rows have an unknown outcome that the activation chose to leave at that. `cause` is
    set when the run must stop; `status` is the last one, None without an answer.
    """

    rejections: Mapping[int, Rejection]
    doubted: frozenset[int] = frozenset()
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
        self._in_doubt: InDoubt = "resend" if service.repeatable else in_doubt
        self._retry = retry
        self._pause = pause
        self._clock = clock
        self._jitter = jitter
        self._limiter = limiter or partial(limiter_for, transport.connection)

    def deliver(self, page: Page) -> Outcome:
        """Send a page, halving it while the destination refuses it as a whole."""
        delivery = _Delivery()
        pending = [_Part(*request, doubtful=False) for request in page.requests()][::-1]
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
                pending += [_Part(part.target, half, delivery.doubtful) for half in halves]
        return delivery.outcome(None)

    def _send(self, page: Page, part: _Part, delivery: _Delivery) -> Settled | Split:
        options = self._transport.options
        body = page.body(part.target, part.rows)
        request_id = uuid.uuid4().hex
        self._take_turn(page.endpoint)
        began = self._clock()
        attempt = 0
        while True:
            attempt += 1
            result = self._attempt(page, part, body, request_id, delivery)
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
        self, page: Page, part: _Part, body: bytes, request_id: str, delivery: _Delivery
    ) -> Settled | Split | Failure:
        endpoint, path = page.endpoint, part.target.path
        delivery.requests += 1
        delivery.status = None
        headers = {**endpoint.headers, **endpoint.sign(body, request_id)}
        try:
            reply = self._transport.call(endpoint.method, path, body, headers)
        except NotSentError as error:
            return Failure(cause=error)
        except UnknownOutcomeError as error:
            return Failure(cause=error, unknown=True)
        except UnavailableError as error:
            return Failure(cause=error, again=False)
        delivery.status = reply.status
        if reply.status // 100 == 2 or reply.status in endpoint.reads:  # noqa: PLR2004 - 2xx
            rows = [page.rows[index] for index in part.rows]
            return self._believed(endpoint.verdict(reply, rows), len(rows))
        place = f"{endpoint.method} {part.target.shown or path}"
        return failure_of(reply, place, endpoint.permission, self._transport, self._platform)

    def _believed(self, verdict: Verdict, rows: int) -> Settled | Split | Failure:
        if isinstance(verdict, Settled) and not set(verdict.rejections) <= set(range(rows)):
            verdict = Unbelievable(reason="it names rows that were not sent")
        if isinstance(verdict, Unbelievable):
            return nonsense(verdict, self._transport)
        return verdict

    def _backoff(self, attempt: int) -> float:
        return self._jitter(0.0, min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1)))

    def _exhausted(self, failure: Failure, attempts: int) -> UnavailableError:
        words = str(failure.cause).rstrip(".")
        tried = f"gave up after {amount(attempts, 'attempt')}"
        asked = f"; it asks to wait {failure.wait:.0f} s" if failure.wait else ""
        return UnavailableError(
            f"{words}: {tried}{asked}. What is settled is recorded; push again.",
            cause=failure.cause.cause,
        )


def _masked(rejection: Rejection) -> Rejection:
    # Masked before it is cut: half a secret is no longer found.
    return Rejection(
        code=masked(rejection.code)[:LONGEST_REASON],
        reason=masked(rejection.reason)[:LONGEST_REASON],
    )


class _Part(NamedTuple):
    """Rows of a page that one request carries; `doubtful`: an earlier one may have been taken."""

    target: Target
    rows: Sequence[int]
    doubtful: bool


class _Delivery:
    """The outcome of one page while it grows; `doubtful` tells of the part that is being sent."""

    def __init__(self) -> None:
        self.rejections: dict[int, Rejection] = {}
        self.doubted: set[int] = set()
        self.skipped: set[int] = set()
        self.unknown: set[int] = set()
        self.unsent: set[int] = set()
        # Rows that one target has taken, of the several that they may go to.
        self.reached: set[int] = set()
        self.doubtful = False
        self.status: int | None = None
        self.requests = 0
        self.retries = 0

    def settle(self, part: _Part, verdict: Settled) -> None:
        """Note the outcome of every row of a part."""
        for index, rejection in verdict.rejections.items():
            self.refuse(part.rows[index], rejection)
        taken = {row for index, row in enumerate(part.rows) if index not in verdict.rejections}
        self.reached |= taken
        self.doubted |= {part.rows[index] for index in verdict.partial}
        self.doubted |= taken & self.rejections.keys()

    def refuse(self, index: int, rejection: Rejection) -> None:
        """Note that a row was rejected, though an earlier request may have been taken."""
        self.rejections[index] = _masked(rejection)
        if self.doubtful or index in self.reached:
            self.doubted.add(index)

    def leave(self, part: _Part, *, fatal: bool) -> None:
        """Note that no verdict came for a part."""
        refused = self.rejections.keys() & set(part.rows)
        self.doubted |= refused if part.doubtful else set()
        open_rows = set(part.rows) - refused
        reached = open_rows if part.doubtful else open_rows & self.reached
        self.unsent |= open_rows - reached
        if fatal:
            self.unknown |= reached
        else:
            self.skipped |= reached

    def outcome(self, cause: TailraceError | None) -> Outcome:
        """What became of the page; `cause` is why the run must stop, if it must."""
        self.unsent -= self.unknown | self.skipped
        return Outcome(
            rejections=self.rejections,
            doubted=frozenset(self.doubted),
            skipped=frozenset(self.skipped),
            unknown=frozenset(self.unknown),
            unsent=frozenset(self.unsent),
            cause=cause,
            status=self.status,
            requests=self.requests,
            retries=self.retries,
        )
