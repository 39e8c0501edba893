"""The story of a seed: some steps of changes, builds, pushes and mishaps, then the verdict."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.oracle.braze import KINDS
from tests.oracle.changes import CHANGES, VALUES, change
from tests.oracle.project import hours_ago
from tests.oracle.rules import ModelRow
from tests.soak.book import Book
from tests.soak.builds import build
from tests.soak.company import Company
from tests.soak.decisions import approve, decide, resolve, resume
from tests.soak.meetings import meet
from tests.soak.pushes import QUIET, draw_trouble, push
from tests.soak.stage import open_book
from tests.soak.tables import leftovers
from tests.soak.tale import FAILURES, Outcome, Tale, silent
from tests.support.postgres import Postgres

# More that is to be sent than in the property test.
STRICT = {"max_delete_rows": 1, "max_delete_share": 10}
DRAWN = (*CHANGES, *("insert",) * 4, *("value",) * 6, *("event",) * 5)


def play(
    seed: int,
    folder: Path,
    server: Postgres | None,
    *,
    steps: int | None = None,
    say: Callable[[str], None] = silent,
) -> Outcome:
    """Play one seed in a folder and a database of its own."""
    engine = "postgres" if server else "duckdb"
    dice = random.Random(f"{engine} {seed}")
    autocommit = dice.random() < 0.4
    failure = None
    with ExitStack() as stack:
        books = _books(dice, stack)
        company = Company(folder=folder, server=server, autocommit=autocommit, books=books)
        tale = Tale(dice=dice, company=company, say=say)
        names = ", ".join(f"{book.name} ({book.shards})" for book in books)
        tale.tell(f"seed {seed}, {engine}{', autocommit' if autocommit else ''}: {names}")
        try:
            company.found()
            _begin(tale)
            for _ in range(steps or dice.randint(5, 7)):
                _step(tale)
            _end(tale)
        except FAILURES as error:
            failure = f"{type(error).__name__}: {error}"
            tale.tell(failure)
    return tale.outcome(f"seed {seed}", failure)


def _books(dice: random.Random, stack: ExitStack) -> list[Book]:
    """Four or five activations."""
    names = sorted(dice.sample(list(KINDS), dice.randint(4, 5)))
    return [
        open_book(
            stack,
            name,
            shards=dice.choice((1, 1, 1, 3)),
            guards=STRICT if dice.random() < 0.3 else None,
        )
        for name in names
    ]


def _begin(tale: Tale) -> None:
    """Some people and events to begin with."""
    company, dice = tale.company, tale.dice
    keys = [key for key in company.keys if None not in key]
    names = [name for name in company.identifiers if name]
    number = dice.randint(5, 10)
    for key, name in zip(dice.sample(keys, number), dice.sample(names, number), strict=True):
        values = {column: dice.choice(options) for column, options in VALUES.items()}
        company.people.append(ModelRow(key, name, values))
    for event in dice.sample(range(40), dice.randint(3, 7)):
        company.events.append((f"e{event}", dice.choice(names), hours_ago(2)))
    company.before = list(company.people)


def _step(tale: Tale) -> None:
    """Change something, build, push, and let a person decide."""
    _change(tale)
    if tale.chance(0.7):
        tale.company.expire_leases()
        tale.learn()
    build(tale)
    for _ in range(2):
        if any(book.is_torn for book in tale.books) and tale.chance(0.6):
            build(tale)
    if tale.chance(0.2):
        meet(tale)
    _push_some(tale)
    decide(tale)


def _change(tale: Tale) -> None:
    company, dice = tale.company, tale.dice
    before = list(company.people)
    drawn = [dice.choice(DRAWN) for _ in range(dice.randint(3, 9))]
    for what in drawn:
        change(company, what, dice.randint(0, 99), dice.randint(0, 99))
        tale.counts[f"change: {what}"] += 1
    company.before = before
    drifted = _drift(tale)
    company.write_models()
    tale.tell(f"change {', '.join(drawn)}; mapped {', '.join(company.mapped)}{drifted}")


def _drift(tale: Tale) -> str:
    """Now and then an activation sends elsewhere; a column or an activation is gone for a step."""
    company, dice = tale.company, tale.dice
    company.dropped, told = None, ""
    if tale.chance(0.05):
        company.dropped = dice.choice(company.mapped)
        tale.counts["drift: column dropped"] += 1
        told += f"; {company.dropped} dropped"
    if tale.chance(0.08):
        book = dice.choice(tale.books)
        book.target = next(name for name in book.stands if name != book.target)
        tale.counts["drift: destination changed"] += 1
        told += f"; {book.name} goes to {book.target}"
    for book in tale.books:
        book.is_removed = False
    if tale.chance(0.06):
        book = dice.choice(tale.books)
        book.is_removed = True
        tale.counts["drift: activation removed"] += 1
        told += f"; {book.name} removed"
    return told


def _push_some(tale: Tale) -> None:
    books = list(tale.books)
    tale.dice.shuffle(books)
    together = tale.chance(0.35)
    for group in [books] if together else [[book] for book in books]:
        if not any(book.left for book in group) and tale.chance(0.8):
            continue
        push(tale, group, draw_trouble(tale, group))
        if any(book.left for book in group) and tale.chance(0.5):
            if tale.chance(0.7):
                tale.company.expire_leases()
                tale.learn()
            push(tale, group, draw_trouble(tale, group) if tale.chance(0.3) else QUIET)


def _end(tale: Tale) -> None:
    """Everything is put right; then a build must plan nothing, and everybody must agree."""
    tale.company.dropped = None
    for book in tale.books:
        book.is_removed = False
    tale.company.write_models()
    tale.company.expire_leases()
    tale.learn()
    for book in tale.books:
        if book.is_events and book.doubtful_events() and not _being_built(book):
            resolve(tale, book, sound=True)
    build(tale, sound=True, tests=True)
    for book in tale.books:
        if book.seen.is_held:
            approve(tale, book)
        if book.is_paused:
            resume(tale, book)
    push(tale, tale.books, QUIET)
    build(tale, sound=True, tests=True)
    for book in tale.books:
        if book.order:
            book.fail(f"all was sent, and yet it is planned: {list(book.order.values())}")
        book.judge()
    with tale.company.warehouse() as warehouse:
        left = leftovers(warehouse)
    if left:
        raise AssertionError("; ".join(left))
    tale.tell("all agree")


def _being_built(book: Book) -> bool:
    return (book.seen.lease_holder or "").startswith("build ")
