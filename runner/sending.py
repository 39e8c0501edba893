"""From a page to one outcome for each of its rows: retries, splitting, looking up, following."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from runner.asking import Asker, UndeliveredError, exhausted
from runner.delivery import Delivery, Outcome, Part, believed
from runner.destinations.job import Started
from runner.destinations.service import (
    Endpoint,
    Lookup,
    ReadBack,
    Rejection,
    Reply,
    Row,
    Service,
    Settled,
    Split,
    Target,
    Unbelievable,
)
from runner.failures import Failure, nonsense
from runner.following import Follower, JobNews
from runner.pages import Page

InDoubt = Literal["hold", "resend", "skip"]


class Sender:
    """Delivers pages; many threads may call it. `tell` hears of jobs that pages are given to."""

    def __init__(
        self,
        asker: Asker,
        service: Service,
        in_doubt: InDoubt,
        tell: Callable[[JobNews], None],
    ) -> None:
        self._asker = asker
        self._in_doubt: InDoubt = "resend" if service.repeatable else in_doubt
        self._follower = Follower(asker, tell)

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
        if page.job and part.is_whole(page):
            return self._follower.follow(page, part, page.job, delivery)
        asker, options = self._asker, self._asker.transport.options
        # Not uuid4, which asks the system and gives up the interpreter for it.
        request_id = f"{random.getrandbits(128):032x}"
        began: float | None = None
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
            wait = max(result.wait, asker.backoff(attempt))
            began = asker.clock() if began is None else began
            spent = asker.clock() - began
            if attempt >= options.attempts or spent + wait > options.retry_seconds:
                raise UndeliveredError(exhausted(result, attempt), fatal=True)
            asker.retry(attempt, wait, str(result.cause))
            asker.wait(page.endpoint.rate, wait, limited=result.limited)
            delivery.retries += 1

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
        body = page.body(target, part.rows)
        headers = {**endpoint.headers, **endpoint.sign(body, request_id)}
        reply = self._asker.ask(endpoint, target, body, headers, delivery)
        if isinstance(reply, Failure):
            return reply
        verdict = endpoint.verdict(reply, rows)
        while isinstance(verdict, ReadBack):
            reply = self._read_back(endpoint, verdict.target, delivery)
            if isinstance(reply, Failure):
                return reply
            verdict = verdict.read(reply)
        if isinstance(verdict, Started):
            return self._follower.begin(page, part, verdict.job, delivery)
        told = believed(verdict, len(rows))
        return nonsense(told, self._asker.transport) if isinstance(told, Unbelievable) else told

    def _read_back(self, endpoint: Endpoint, target: Target, delivery: Delivery) -> Reply | Failure:
        """What was written; whatever happens now, the page may have been taken."""
        delivery.doubtful = True
        reply = self._asker.ask(endpoint, target, b"", endpoint.headers, delivery)
        return replace(reply, unknown=True) if isinstance(reply, Failure) else reply

    def _looked_up(
        self, endpoint: Endpoint, lookup: Lookup, row: Row, delivery: Delivery
    ) -> Target | Settled | Failure:
        """Where a row goes; a question that fails leaves nothing in doubt."""
        reply = self._asker.ask(endpoint, lookup.ask(row), b"", endpoint.headers, delivery)
        if isinstance(reply, Failure):
            return replace(reply, unknown=False)
        found = lookup.read(reply, row)
        if isinstance(found, Rejection):
            return Settled(rejections={0: found})
        if isinstance(found, Unbelievable):
            return replace(nonsense(found, self._asker.transport), unknown=False)
        return found
