"""Sweeps: a build or a push is struck at one statement after the other, each time in one scene.

Where every statement commits by itself, to die before a statement is to die just after the one
before it, so a sweep over all statements leaves no gap between two of them untried.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.soak.builds import NO_TESTS, after_build, build
from tests.soak.copies import Copy
from tests.soak.decisions import resolve
from tests.soak.meetings import overtake
from tests.soak.orders import Fuse
from tests.soak.processes import carry_out
from tests.soak.pushes import QUIET, Trouble, push
from tests.soak.scenes import (
    NARROW,
    REFUSED,
    before_a_build,
    before_a_push,
    before_the_first_build,
    open_company,
)
from tests.soak.tables import leftovers
from tests.soak.tale import FAILURES, Outcome, Tale, silent
from tests.support.postgres import Postgres

Name = Literal["first build", "build", "push", "overtaken push"]
# Not of an activation, and repeated by every build with no effect.
PREPARATIONS = ("read", "make a table")


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is killed, and in which scene; or what `meets` another one that takes its lease."""

    name: Name
    prepare: Callable[[Tale], None]
    command: Literal["build", "push"]
    meets: bool = False


SWEEPS: dict[Name, Sweep] = {
    "first build": Sweep("first build", before_the_first_build, "build"),
    "build": Sweep("build", before_a_build, "build"),
    "push": Sweep("push", before_a_push, "push"),
    "overtaken push": Sweep("overtaken push", before_a_push, "push", meets=True),
}


def sweep(
    name: Name,
    folder: Path,
    server: Postgres | None,
    *,
    stride: int | None = None,
    say: Callable[[str], None] = silent,
) -> Outcome:
    """Strike before every statement; with a stride, before each so manieth write."""
    wanted = SWEEPS[name]
    with ExitStack() as stack:
        tale = open_company(stack, folder, server, say)
        failure = None
        try:
            wanted.prepare(tale)
            copy = stack.enter_context(closing(Copy(tale.company)))
            _strike(tale, wanted, None)
            places = tale.places[wanted.command]
            for number in chosen(places, stride):
                copy.restore()
                tale.dice = random.Random(number)
                if wanted.meets:
                    overtake(tale, tale.books, number, NARROW)
                else:
                    _strike(tale, wanted, _fuse(number, len(places)))
                _put_right(tale, wanted, number, thorough=stride is None)
                _add_up(tale)
            tale.tell("all agree")
        except FAILURES as error:
            failure = f"{type(error).__name__}: {error}"
            tale.tell(failure)
    return tale.outcome(f"sweep of a {name}", failure)


def sweeps_of(engine: str) -> tuple[Name, ...]:
    """The sweeps of an engine: on DuckDB no two processes have the file."""
    return tuple(name for name, each in SWEEPS.items() if engine == "postgres" or not each.meets)


def chosen(places: Sequence[str], stride: int | None) -> list[int]:
    """The numbers of the statements to die at, and one more: after the last.

    With a stride it is each so manieth write, and the first of each kind.
    """
    if stride is None:
        return list(range(1, len(places) + 2))
    writes = [number for number, place in enumerate(places, 1) if place not in PREPARATIONS]
    kinds = {places.index(place) + 1 for place in set(places) - set(PREPARATIONS)}
    return sorted({*writes[::stride], *kinds})


def _fuse(number: int, statements: int) -> Fuse:
    if number > statements:
        return Fuse(statement=statements, after=True)
    return Fuse(statement=number)


def _strike(tale: Tale, wanted: Sweep, fuse: Fuse | None) -> None:
    if wanted.command == "push":
        push(tale, tale.books, Trouble(fuse=fuse, refused=(REFUSED,), options=NARROW, eager=True))
        return
    tale.company.load()
    ending = carry_out("dbt", tale.company.dbt(*NO_TESTS, fuse=fuse))
    after_build(tale, ending, fuse, "build")


def _put_right(tale: Tale, wanted: Sweep, number: int, *, thorough: bool) -> None:
    """Build, decide, push: then the destinations must be as the oracle says.

    After every other push that died the same delta is pushed again instead.
    """
    tale.company.expire_leases()
    tale.learn()
    if wanted.command == "build" or number % 2:
        build(tale, sound=True)
    if wanted.command == "push" or number % 3 == 0 or thorough:
        _resolve(tale)
    push(tale, tale.books, QUIET)
    if thorough:
        _agree_at_last(tale)


def _resolve(tale: Tale) -> None:
    for book in tale.books:
        if book.is_events and book.doubtful_events():
            resolve(tale, book, sound=True)


def _agree_at_last(tale: Tale) -> None:
    """One more round sends what was to be sent again; after it nothing is left."""
    build(tale, sound=True)
    push(tale, tale.books, QUIET)
    build(tale, sound=True, tests=True)
    for book in tale.books:
        if book.order:
            book.fail(f"all was sent, and yet it is planned: {list(book.order.values())}")
        book.judge()
    with tale.company.warehouse() as warehouse:
        if left := leftovers(warehouse):
            raise AssertionError("; ".join(left))


def _add_up(tale: Tale) -> None:
    for book in tale.books:
        tale.counts.update(book.tally)
        book.tally = Counter()


def struck(outcome: Outcome, command: str) -> set[str]:
    """What the statements were for at which processes were killed."""
    start = f"{command} killed: "
    return {name.removeprefix(start) for name in outcome.counts if name.startswith(start)}
