"""The scenes that a sweep begins with: a small company just before it builds, or pushes."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.oracle.project import hours_ago
from tests.oracle.rules import ModelRow
from tests.soak.builds import build
from tests.soak.company import PEOPLE, Company
from tests.soak.destination import Ambush
from tests.soak.pushes import QUIET, Trouble, push
from tests.soak.stage import open_book
from tests.soak.tale import Tale
from tests.support.postgres import Postgres

NAMES = ("sent_held", "sent_mirror")
WHO = [name for name in PEOPLE if name]
# A page a row, so that each has a fate of its own.
NARROW = {"max_rows": 1, "delete_max_rows": 1, "rows_per_query": 2, "attempts": 1, "pause_after": 0}
REFUSED = "u5"
REFUSED_OF_EVENTS = "u3"


def open_company(
    stack: ExitStack, folder: Path, server: Postgres | None, say: Callable[[str], None]
) -> Tale:
    """A mirror and an activation of events in a warehouse that knows no transactions."""
    books = [open_book(stack, name) for name in NAMES]
    company = Company(folder=folder, server=server, autocommit=True, books=books)
    company.found()
    return Tale(dice=random.Random(0), company=company, say=say)


def before_the_first_build(tale: Tale) -> None:
    """Nothing was ever built."""
    company = tale.company
    company.people = [_person(number, number, "x") for number in range(4)]
    company.events = [_event(number) for number in range(2)]


def before_a_push(tale: Tale) -> None:
    """A delta of inserts, updates and deletes, and one of events; nothing of them was sent."""
    before_the_first_build(tale)
    build(tale, sound=True)
    push(tale, tale.books, QUIET)
    company = tale.company
    company.people = [
        *(_person(0, 0, "y"), _person(1, 1, None), _person(2, 5, "x")),
        *(_person(number, number, "x") for number in (4, 6, 7)),
    ]
    company.events += [_event(number) for number in range(2, 7)]
    build(tale, sound=True)


def before_a_build(tale: Tale) -> None:
    """Of both deltas one part was settled, one refused, one is in doubt, one was never sent."""
    before_a_push(tale)
    for book, request in zip(tale.books, (3, 5), strict=True):
        ambushes = {book.name: Ambush(request=request, after=True)}
        options = {**NARROW, "rows_per_query": 3}
        refused = (REFUSED_OF_EVENTS if book.is_events else REFUSED,)
        push(tale, [book], Trouble(ambushes=ambushes, refused=refused, options=options, eager=True))
        if not (book.settled.total() and book.seen.refused and book.seen.in_doubt()):
            book.fail(f"it is not as the scene needs it: {book.seen}")
    company = tale.company
    company.people = [_person(0, 0, "z"), *company.people[2:], _person(8, 2, "x")]
    company.events += [_event(number) for number in range(7, 9)]
    company.expire_leases()
    tale.learn()


def _person(key: int, identifier: int, word: str | None) -> ModelRow:
    values = {"word": word, "amount": "1.50", "big": "0"}
    return ModelRow(("key", str(key)), WHO[identifier], values)


def _event(number: int) -> tuple[str, str, str]:
    return f"e{number}", WHO[number % 6], hours_ago(2)
