"""The flow of one run: shards, chunks and pages out, outcomes in, watermarks behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from time import sleep
from typing import NamedTuple

from runner.asking import StoppedError
from runner.control import ControlSchema, Registration
from runner.course import Course
from runner.delivery import Outcome
from runner.destinations.service import Row, Service
from runner.errors import HeldError, TailraceError
from runner.following import JobNews
from runner.inflight import InFlight, Passage, Retry
from runner.jobs import Jobs
from runner.keeper import LeaseKeeper
from runner.pages import Page, read_chunks
from runner.report import PageReport, Reporter
from runner.settling import Settler
from runner.transport import Transport
from runner.warehouse import Warehouse
from runner.watermarks import mark_sending, reopen

TICK = 1.0
WRITE_EVERY = 2.0
# Beyond the time limits of a call: for the threads to come back.
GRACE = 5.0
# Between a worker's noting an outcome and its message.
HANDED_OVER = 0.05


class Range(NamedTuple):
    """Rows of a shard to send, `after < ordinal <= up_to`; up to `sending` some may be in doubt."""

    after: int
    up_to: int
    sending: int


class Stream:
    """Sends ranges of a delta; the thread that calls it is the only one at the warehouse."""

    def __init__(
        self,
        warehouse: Warehouse,
        schema: ControlSchema,
        registration: Registration,
        service: Service,
        transport: Transport,
        reporter: Reporter,
        run_id: str,
        lease: LeaseKeeper,
    ) -> None:
        self._warehouse = warehouse
        self._schema = schema
        self._registration = registration
        self._service = service
        self._options = transport.options
        self._reporter = reporter
        self._run_id = run_id
        self._lease = lease
        self._clock = lease.clock
        self._written_at = lease.clock()
        self._shard = 0
        self._jobs: Jobs | None = None
        self._doubted = 0
        self.inflight = InFlight(self._options.concurrency)
        self.settler = Settler(warehouse, schema, registration, run_id)
        self.requests = 0
        self.retries = 0
        self.in_doubt = 0

    def pause(self, seconds: float) -> None:
        """Sleep in a worker thread; StoppedError when the run stops or its lease may be gone."""
        self.inflight.pause(seconds)
        if not self._lease.is_fresh:
            raise StoppedError

    def check_lease(self) -> None:
        """Renew the lease; HeldError when it is lost."""
        self._lease.check()

    def rest(self, seconds: float) -> None:
        """Sleep in the calling thread, and keep the lease; HeldError when it is lost."""
        end = self._clock() + seconds
        while (left := end - self._clock()) > 0:
            sleep(min(TICK, left))
            self._lease.beat()

    def push(self, shard: int, wanted: Range, course: Course) -> None:
        """Send the rows of a shard and settle them all."""
        self._shard = shard
        self._jobs = course.jobs
        self._doubted = wanted.sending
        self.check_lease()
        reopen(self._warehouse, self._schema, self._registration, shard, wanted.after)
        self.settler.begin(shard, wanted.after, wanted.sending)
        pages = course.pages(shard, self._chunks(shard, wanted.after, wanted.up_to))
        if self._service.repeatable:
            self._push_records(pages, course.deliver)
        else:
            self._push_events(pages, course.deliver)
        if course.jobs:
            course.jobs.settled(shard, wanted.up_to)

    def _chunks(self, shard: int, after: int, up_to: int) -> Iterator[list[Row]]:
        size = self._options.rows_per_query
        for chunk in read_chunks(
            self._warehouse, self._registration, shard, after, up_to, size=size
        ):
            if self._service.repeatable:
                # A record that was perhaps written must not pass for unchanged when the model
                # goes back to what was acknowledged before, nor be forgotten when it leaves.
                self._mark_sending(chunk[-1].ordinal)
            else:
                self._lease.check()
            yield chunk

    def _push_records(self, pages: Iterator[Page], deliver: Callable[[Page], Outcome]) -> None:
        deleting = False
        for page in pages:
            if page.operation == "delete" and not deleting:
                # An identifier may have moved from a key that leaves to one that was just sent.
                self._drain()
                deleting = True
            self.inflight.submit(page, deliver)
            # Before the next page is read: to read on widens what is in doubt after a crash.
            self._make_room()
        self._drain()

    def _push_events(self, pages: Iterator[Page], deliver: Callable[[Page], Outcome]) -> None:
        while batch := list(islice(pages, self._options.concurrency)):
            self._mark_sending(batch[-1].last_ordinal)
            for page in batch:
                self.inflight.submit(page, deliver)
            self._drain()

    def _mark_sending(self, ordinal: int) -> None:
        place = (self._warehouse, self._schema, self._registration, self._run_id)
        mark_sending(*place, self._shard, ordinal)
        # In this order: whoever takes over after the check finds the mark.
        self._lease.check()

    def _make_room(self) -> None:
        while not self.inflight.has_room:
            self._listen(TICK)

    def _drain(self) -> None:
        while self.inflight.unanswered:
            self._listen(TICK)
        self._settle(now=True)

    def _listen(self, seconds: float) -> None:
        news = self.inflight.hear(seconds)
        if news is not None:
            self._hear(news)
        self._lease.beat()
        self._settle(now=False)

    def _hear(self, news: Passage | Retry | JobNews) -> None:
        if isinstance(news, Retry):
            self._reporter.retry(news.attempt, news.wait, news.cause)
            return
        if isinstance(news, JobNews):
            self._note(news)
            return
        if news.error is not None:
            raise news.error
        outcome = news.outcome
        if outcome is None:
            raise ValueError(f"page {news.number} came back without an outcome")
        self._count(news, outcome)
        if outcome.cause is not None:
            raise outcome.cause
        if outcome.unsent:
            raise HeldError(
                f"{self._registration.activation_name}: the warehouse did not answer for so long "
                "that the lease may be gone, so the run stopped: push again.",
                cause="lease_lost",
            )

    def _note(self, news: JobNews) -> None:
        if self._jobs is None:
            raise ValueError(f"job {news.job} is of no page that was submitted")
        if news.is_open:
            self._jobs.add(self._shard, news.page, news.job)
        else:
            self._jobs.drop(news.job)

    def _count(self, passage: Passage, outcome: Outcome) -> None:
        page = passage.page
        self.requests += outcome.requests
        self.retries += outcome.retries
        rejected = len(page.refused) + len(outcome.rejections)
        open_rows = len(outcome.skipped) + len(outcome.unknown) + len(outcome.unsent)
        self._reporter.page(
            PageReport(
                page=passage.number,
                shard=self._shard,
                first_ordinal=page.first_ordinal,
                last_ordinal=page.last_ordinal,
                operation=page.operation,
                rows=len(page.rows) + len(page.refused),
                acknowledged=len(page.rows) - len(outcome.rejections) - open_rows,
                rejected=rejected,
                status=outcome.status,
                attempts=outcome.requests,
            )
        )

    def _settle(self, *, now: bool) -> None:
        self.settler.take(self.inflight.settled())
        began = self._clock()
        if now or self.settler.must_write or began - self._written_at >= WRITE_EVERY:
            self._write(began)
        self.settler.judge()

    def _write(self, began: float) -> None:
        self._written_at = began
        if self.settler.has_news:
            # Who lost the lease writes nothing: another run may know better.
            self._lease.check()
            self.settler.write()
            self._reporter.progress(self.settler.settled)

    def close(self) -> None:
        """Let the worker threads go."""
        self.inflight.close()

    def wind_up(self) -> None:
        """After a failure: let what is on its way end, and record everything that is settled."""
        self.inflight.stop()
        options = self._options
        # A call may have to log in first, which is another one.
        deadline = self._clock() + 2 * (options.connect_timeout + options.read_timeout) + GRACE
        while True:
            busy = self.inflight.is_busy and self._clock() < deadline
            news = self.inflight.hear(TICK if busy else HANDED_OVER)
            if isinstance(news, Passage) and news.outcome is not None:
                self._count(news, news.outcome)
            if isinstance(news, JobNews):
                self._note(news)
            if news is None and not busy:
                break
            with suppress(TailraceError):
                self._lease.beat()
        self.settler.take(self.inflight.settled())
        self._part()

    def _part(self) -> None:
        """Leave in doubt only what is: rows that were surely not sent are no question to anyone.

        Events not sent, below events that were taken, are recorded as refused, so the watermark
        can pass them and the next build plans them again; records are simply sent again.
        """
        self._lease.check()
        left = self.inflight.rest()
        while left and _surely_unsent(left[-1]):
            left.pop()
        if self._service.repeatable:
            self.settler.write()
            last = left[-1].page.last_ordinal if left else self.settler.ordinal
            self.settler.withdraw(max(last, self._doubted))
            return
        known = []
        for passage in left:
            if passage.outcome is None or passage.outcome.unknown:
                break
            known.append(passage)
        self.settler.take(known)
        self.settler.write()
        certain = self.settler.note(left[len(known) :])
        sending = left[-1].page.last_ordinal if len(known) < len(left) else self.settler.ordinal
        self.in_doubt = sending - self.settler.ordinal - certain
        self.settler.withdraw(max(sending, self._doubted))


def _surely_unsent(passage: Passage) -> bool:
    outcome = passage.outcome
    return outcome is not None and len(outcome.unsent) == len(passage.page.rows)
