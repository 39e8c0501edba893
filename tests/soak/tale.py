"""What every part of a seed shares: its dice, its company, its transcript and its counts."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.soak.book import Book
from tests.soak.company import Company

# How a disagreement, or a process that did not do as it was told, shows itself.
FAILURES = (AssertionError, RuntimeError, TimeoutError, LookupError)


def silent(_line: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a seed or a sweep; `failure` is None where everything agreed."""

    name: str
    engine: str
    autocommit: bool
    digest: str
    counts: Counter[str]
    transcript: list[str]
    failure: str | None


@dataclass(slots=True, kw_only=True)
class Tale:
    """The course of one seed. The transcript is the same whenever the seed is played.

    `places` are those of the statements of the last build or push that ran to its end.
    """

    dice: random.Random
    company: Company
    say: Callable[[str], None] = silent
    transcript: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    places: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def books(self) -> list[Book]:
        """The activations."""
        return self.company.books

    @property
    def digest(self) -> str:
        """The transcript in a word."""
        return hashlib.sha256("\n".join(self.transcript).encode()).hexdigest()[:16]

    def outcome(self, name: str, failure: str | None) -> Outcome:
        """Close the tale."""
        counts = Counter(self.counts)
        for book in self.books:
            counts.update(book.tally)
        return Outcome(
            name=name,
            engine="postgres" if self.company.server else "duckdb",
            autocommit=self.company.autocommit,
            digest=self.digest,
            counts=counts,
            transcript=self.transcript,
            failure=failure,
        )

    def tell(self, line: str) -> None:
        """Add a line to the transcript."""
        self.transcript.append(line)
        self.say(line)

    def chance(self, probability: float) -> bool:
        """Throw the dice."""
        return self.dice.random() < probability

    def learn(self) -> None:
        """After a child that built nothing: hear of its requests, and read the tables."""
        self.company.wait_for_the_dead()
        seen = self.company.look()
        for book in self.books:
            self.hear(book)
            book.learn(seen[book.name])
            book.judge_events()

    def hear(self, book: Book) -> int:
        """Take in the requests of an activation; return how many rows were sent."""
        sent = 0
        for stand in book.stands.values():
            news = stand.destination.news()
            if news and stand is not book.stand:
                book.fail("something was sent to where it is not sent any more")
            book.hear(news)
            sent += sum(len(asked.items) for asked in news)
        return sent

    def standing(self, names: Sequence[str] | None = None) -> str:
        """How far each activation is, for the transcript."""
        return ", ".join(
            f"{book.name} {book.settled.total()}/{len(book.order)}"
            + (f" in doubt {len(book.seen.in_doubt())}" if book.seen.in_doubt() else "")
            for book in self.books
            if names is None or book.name in names
        )
