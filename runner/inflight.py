"""Pages on their way: worker threads send them, one thread hears of them in their order."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic

from runner.asking import StoppedError
from runner.delivery import Outcome
from runner.following import JobNews
from runner.pages import Page

# Seconds that a thread may go on while others wait: a request has its moment, by a rate limit, and
# with five times as long (Python's own) for each step before, it is too late.
TURN = 0.001
# For each worker: pages on their way or waiting for a worker, and answered pages that wait for an
# earlier one. The second bounds memory while one page is tried again and again.
AHEAD = 2
OUT_OF_ORDER = 32
# Seconds for idle workers to end; what they hold must be gone before the interpreter goes.
FAREWELL = 1.0

Deliver = Callable[[Page], Outcome]


@dataclass(slots=True, kw_only=True)
class Passage:
    """A page on its way; `error` is a fault of the program in the worker."""

    number: int
    page: Page
    outcome: Outcome | None = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A worker waits before it tries a request again."""

    attempt: int
    wait: float
    cause: str


class InFlight:
    """Sends pages by worker threads; all but `pause`, `retry` and `tell` is for one thread."""

    def __init__(self, concurrency: int) -> None:
        self._usual_turn = sys.getswitchinterval()
        sys.setswitchinterval(TURN)
        self._outbox: SimpleQueue[tuple[Passage, Deliver] | None] = SimpleQueue()
        self._inbox: SimpleQueue[Passage | Retry | JobNews] = SimpleQueue()
        self._passages: deque[Passage] = deque()
        self._unanswered = 0
        self._stopping = Event()
        self._numbers = 0
        # Daemons, since the end of the program waits for no call that hangs.
        self._workers = [
            Thread(target=self._work, name="tailrace", daemon=True) for _ in range(concurrency)
        ]
        for worker in self._workers:
            worker.start()

    @property
    def has_room(self) -> bool:
        """Whether another page may be submitted."""
        few = self._unanswered < AHEAD * len(self._workers)
        return few and len(self._passages) < OUT_OF_ORDER * len(self._workers)

    @property
    def unanswered(self) -> int:
        """Pages whose outcome was not heard yet."""
        return self._unanswered

    @property
    def is_busy(self) -> bool:
        """Whether a worker still has a page."""
        return any(one.outcome is None and one.error is None for one in self._passages)

    def submit(self, page: Page, deliver: Deliver) -> None:
        """Hand a page to the workers; one without rows needs no request and no worker."""
        self._numbers += 1
        passage = Passage(number=self._numbers, page=page)
        self._passages.append(passage)
        self._unanswered += 1
        if page.rows:
            self._outbox.put((passage, deliver))
        else:
            passage.outcome = Outcome(rejections={})
            self._inbox.put(passage)

    def hear(self, timeout: float) -> Passage | Retry | JobNews | None:
        """Wait for the next answered page or other news; None when there was none in time."""
        try:
            news = self._inbox.get(timeout=timeout)
        except Empty:
            return None
        if isinstance(news, Passage):
            self._unanswered -= 1
        return news

    def settled(self) -> Iterator[Passage]:
        """Take out, in order, the pages up to the first one that is not settled as a whole.

        A page leaves when the next one is asked for: an interrupt on the way loses none.
        """
        while self._passages and is_settled(self._passages[0]):
            yield self._passages[0]
            self._passages.popleft()

    def rest(self) -> list[Passage]:
        """Take out the pages that are left when nothing is on its way any more."""
        left = list(self._passages)
        self._passages.clear()
        return left

    def stop(self) -> None:
        """Send nothing that was not sent yet; what is on its way comes to its end."""
        self._stopping.set()

    def close(self) -> None:
        """Let the worker threads end, without waiting long for one that hangs in a call."""
        sys.setswitchinterval(self._usual_turn)
        self._stopping.set()
        for _ in self._workers:
            self._outbox.put(None)
        deadline = monotonic() + FAREWELL
        for worker in self._workers:
            worker.join(max(0.0, deadline - monotonic()))

    def pause(self, seconds: float) -> None:
        """Sleep in a worker thread; StoppedError as soon as the run stops."""
        if self._stopping.wait(seconds) if seconds else self._stopping.is_set():
            raise StoppedError

    def retry(self, attempt: int, wait: float, cause: str) -> None:
        """Announce a retry from a worker thread."""
        self._inbox.put(Retry(attempt=attempt, wait=wait, cause=cause))

    def tell(self, news: JobNews) -> None:
        """Announce from a worker thread what became of a job."""
        self._inbox.put(news)

    def _work(self) -> None:
        while (task := self._outbox.get()) is not None:
            self._carry(*task)

    def _carry(self, passage: Passage, deliver: Deliver) -> None:
        try:
            passage.outcome = deliver(passage.page)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the main thread must hear
            passage.error = error
        self._inbox.put(passage)
        if passage.error is not None or (passage.outcome and passage.outcome.cause):
            # At once, and after the message, so that the cause is heard before what it stopped.
            self._stopping.set()


def is_settled(passage: Passage) -> bool:
    """Whether every row of the page has its outcome."""
    outcome = passage.outcome
    return outcome is not None and not outcome.unknown and not outcome.unsent
