"""Work that a destination does after it took a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.destinations.service import (
        RateLimit,
        Reply,
        Row,
        Settled,
        Target,
        Unbelievable,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A verdict: the page was taken to be worked on, and `job` is the id to ask for."""

    job: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """How to ask what became of a page, after `waits` seconds each, the last ones again and again.

    `read(reply, rows)` reads a 2xx or a status in `reads`: None while the job goes on; Unbelievable
    where it ended without saying what became of its rows. The rows of a job from an earlier delta
    are unknown: it is read without any. A run asks for at most `patience` seconds.
    """

    ask: Callable[[str], Target]
    read: Callable[[Reply, Sequence[Row]], Settled | Unbelievable | None]
    rate: RateLimit
    waits: tuple[float, ...]
    patience: float
    reads: frozenset[int] = frozenset({404})
