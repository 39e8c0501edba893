"""Following a job until it has ended: asking for it, again and again, with patience."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from runner.asking import Asker, Pause, UndeliveredError, exhausted
from runner.delivery import Delivery, Part, believed
from runner.destinations.job import Job
from runner.destinations.service import Endpoint, Row, Settled, Unbelievable
from runner.errors import UnavailableError
from runner.failures import Failure, nonsense
from runner.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class JobNews:
    """A page was handed over to a job; or the job ended without saying what became of the page."""

    page: Page
    job: str
    is_open: bool


class Follower:
    """Asks for jobs; many threads may call it. `tell` hears of every job that begins or fails."""

    def __init__(self, asker: Asker, tell: Callable[[JobNews], None]) -> None:
        self._asker = asker
        self._tell = tell

    def begin(self, page: Page, part: Part, job: str, delivery: Delivery) -> Settled:
        """Follow a job that rows were just given to; one that has a whole page is told of."""
        if part.is_whole(page):
            self._tell(JobNews(page=page, job=job, is_open=True))
        return self.follow(page, part, job, delivery, known=False)

    def follow(
        self, page: Page, part: Part, job: str, delivery: Delivery, *, known: bool = True
    ) -> Settled:
        """What became of rows that a job was given; unless it says so, they are in doubt.

        One that is `known` is asked for at once.
        """
        doubtful = delivery.doubtful
        delivery.doubtful = True
        rows = [page.rows[index] for index in part.rows]
        verdict = believed(self._end_of(page.endpoint, job, rows, delivery, known=known), len(rows))
        if isinstance(verdict, Unbelievable):
            self._tell(JobNews(page=page, job=job, is_open=False))
            raise UndeliveredError(nonsense(verdict, self._asker.transport).cause, fatal=True)
        delivery.doubtful = doubtful
        return verdict

    def outlast(self, endpoint: Endpoint, job: str, pause: Pause) -> None:
        """Wait until a job of an earlier delta has ended, however it does.

        Raises UnavailableError when it cannot be asked for, or takes too long.
        """
        try:
            self._end_of(endpoint, job, [], Delivery(), known=True, pause=pause)
        except UndeliveredError as error:
            raise error.cause or UnavailableError("The run stopped.", cause="stopped") from None

    def _end_of(
        self,
        endpoint: Endpoint,
        name: str,
        rows: Sequence[Row],
        delivery: Delivery,
        *,
        known: bool,
        pause: Pause | None = None,
    ) -> Settled | Unbelievable:
        asker, job = self._asker, _job_of(endpoint)
        began, failed = asker.clock(), 0
        for wait in chain((0.0,) if known else (), job.waits, repeat(job.waits[-1])):
            if asker.clock() - began + wait > job.patience:
                break
            asker.wait(job.rate, wait, pause=pause)
            reply = asker.ask(
                endpoint,
                job.ask(name),
                b"",
                endpoint.headers,
                delivery,
                reads=job.reads,
                rate=job.rate,
                pause=pause,
            )
            if isinstance(reply, Failure):
                failed += 1
                if not reply.again or failed >= asker.transport.options.attempts:
                    raise UndeliveredError(exhausted(reply, failed), fatal=True)
                asker.retry(failed, job.waits[-1], str(reply.cause))
                continue
            failed = 0
            found = job.read(reply, rows)
            if found:
                return found
        raise UndeliveredError(self._impatient(name), fatal=True)

    def _impatient(self, job: str) -> UnavailableError:
        name = self._asker.transport.connection.name
        return UnavailableError(
            f"{name} still works on job {job}: push again later, which asks for it again.",
            cause="job_open",
        )


def _job_of(endpoint: Endpoint) -> Job:
    if endpoint.job is None:
        raise ValueError("a page was handed over to a job that its endpoint does not declare")
    return endpoint.job
