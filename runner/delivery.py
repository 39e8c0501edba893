"""The outcome of one page while it grows: what was refused, is in doubt, or was not sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from runner.destinations.service import Rejection, Settled, Split, Target, Unbelievable
from runner.errors import TailraceError
from runner.masking import masked
from runner.pages import Page

LONGEST_REASON = 2000


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


class Part(NamedTuple):
    """Rows of a page that one request carries; `doubtful`: an earlier one may have been taken."""

    target: Target
    rows: Sequence[int]
    doubtful: bool

    def is_whole(self, page: Page) -> bool:
        """Whether it carries every row of the page."""
        return len(self.rows) == len(page.rows)


class Delivery:
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

    def settle(self, part: Part, verdict: Settled) -> None:
        """Note the outcome of every row of a part."""
        for index, rejection in verdict.rejections.items():
            self.refuse(part.rows[index], rejection)
        taken = set(part.rows) - {part.rows[index] for index in verdict.rejections}
        self.reached |= taken
        self.doubted |= {part.rows[index] for index in verdict.partial}
        self.doubted |= taken & self.rejections.keys()

    def refuse(self, index: int, rejection: Rejection) -> None:
        """Note that a row was rejected, though an earlier request may have been taken."""
        self.rejections[index] = _masked(rejection)
        if self.doubtful or index in self.reached:
            self.doubted.add(index)

    def leave(self, part: Part, *, fatal: bool) -> None:
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


V = TypeVar("V", Settled | Unbelievable, Settled | Split | Unbelievable)


def believed(verdict: V, rows: int) -> V | Unbelievable:
    """A verdict about rows that were sent, and about no others."""
    if isinstance(verdict, Settled) and not all(0 <= index < rows for index in verdict.rejections):
        return Unbelievable(reason="it names rows that were not sent")
    return verdict


def _masked(rejection: Rejection) -> Rejection:
    # Masked before it is cut: half a secret is no longer found.
    return Rejection(
        code=masked(rejection.code)[:LONGEST_REASON],
        reason=masked(rejection.reason)[:LONGEST_REASON],
    )
