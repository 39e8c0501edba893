"""Builds of a seed: sound, broken or killed; and what must then have changed, and what not."""

from __future__ import annotations

from tests.soak.book import Book
from tests.soak.orders import Fuse
from tests.soak.processes import Ending, carry_out
from tests.soak.tables import Seen
from tests.soak.tale import Tale

NO_TESTS = ("--exclude-resource-type", "test")
SHARES = {"build": 0.36, "push": 1.0, "resolve": 0.3}
GUESSED = {"build": 100, "push": 30, "resolve": 20}  # statements, before any was seen
SHIFTS = (-900, -60, 60, 900)


def build(tale: Tale, *, sound: bool = False, tests: bool = False) -> None:
    """Load the source and run dbt build, with whatever the dice have in store."""
    company, dice = tale.company, tale.dice
    full = not sound and tale.chance(0.06)
    fuse = None if sound else draw_fuse(tale, "build")
    shift = 0 if sound or not tale.chance(0.08) else dice.choice(SHIFTS)
    company.load()
    flags = [*([] if tests else NO_TESTS), *(["--full-refresh"] if full else [])]
    ending = carry_out("dbt", company.dbt(*flags, fuse=fuse, shift=shift))
    words = ["build", *(["full"] if full else []), *([f"clock {shift:+}"] if shift else [])]
    after_build(tale, ending, fuse, " ".join(words), shift=shift, full=full)


def draw_fuse(tale: Tale, command: str) -> Fuse | None:
    """Whether and where a process breaks: most do not."""
    if not tale.chance(SHARES[command]):
        return None
    return Fuse(
        statement=draw_statement(tale, command),
        after=tale.chance(0.5),
        action=tale.dice.choice(("kill",) * 5 + ("fail", "die")),
    )


def draw_statement(tale: Tale, command: str) -> int:
    """The number of a statement, by what the command did before; mostly one that writes."""
    places = tale.places.get(command, ("a write",) * GUESSED[command])
    writes = [number for number, place in enumerate(places, 1) if place != "read"]
    if writes and tale.chance(0.8):
        return tale.dice.choice(writes)
    return tale.dice.randint(1, len(places) + 1)


def after_build(
    tale: Tale,
    ending: Ending,
    fuse: Fuse | None,
    words: str,
    *,
    shift: int = 0,
    full: bool = False,
    met: bool = False,
) -> None:
    """See which activations have a new delta, and hold each against the oracle.

    `met`: a push was there at the same time, which may have sent the one delta or the other.
    """
    tale.counts["builds"] += 1
    how = note_ending(tale, "build", ending, fuse)
    tale.company.wait_for_the_dead()
    seen = tale.company.look()
    rebuilt = []
    for book in tale.books:
        if not met and tale.hear(book):
            book.fail("a build sent something")
        sure = ending.report is not None and not ending.struck and not met
        expected = _expected(tale, book, shift) if sure else None
        told = ending.report.nodes.get(book.name) if ending.report else None
        if expected and told != expected:
            book.fail(f"its build ended with {told}, not {expected}: {_text(ending)}")
        if seen[book.name].delta_id != book.seen.delta_id:
            book.rebuilt(seen[book.name], tale.company.rows_of(book), full=full)
            rebuilt.append(book.name)
        else:
            if expected == "success":
                book.fail("its build succeeded, and registered no delta")
            if not met:
                _unchanged(tale, book, seen[book.name], told)
        if met:
            tale.hear(book)
            book.learn(seen[book.name])
    tale.tell(f"{words}: {how}; new: {', '.join(rebuilt) or 'none'}; {tale.standing()}")


def note_ending(tale: Tale, command: str, ending: Ending, fuse: Fuse | None) -> str:
    """Count how a process ended, and say it in words."""
    if ending.report is not None and not ending.struck:
        _remember(tale, command, ending.report.places)
    if ending.struck and fuse:
        done = "killed" if fuse.action == "kill" else "warehouse failed"
        when = "after" if fuse.after else "before"
        tale.counts[f"{command} {done}: {ending.struck}"] += 1
        code = "" if ending.report is None else f", code {ending.report.code}"
        return f"{fuse} ({when} {ending.struck}){code}"
    if ending.report is None:
        return "killed"
    return f"code {ending.report.code}"


def _remember(tale: Tale, command: str, places: tuple[str, ...]) -> None:
    """Keep what a command does; a push that sent nothing is no example."""
    if command != "push" or places.count("watermark") > 1 or command not in tale.places:
        tale.places[command] = places


def _expected(tale: Tale, book: Book, shift: int) -> str | None:
    """How the node of an activation must end in a build that nothing disturbs."""
    if book.is_removed:
        return None
    if book.seen.has_live_runner(shift) or tale.company.dropped in book.written:
        return "error"
    return "success"


def _unchanged(tale: Tale, book: Book, seen: Seen, told: str | None) -> None:
    """A build that failed leaves everything; one that was killed may have folded already."""
    if told == "error" and not tale.company.autocommit:
        if seen.without_lease() != book.seen.without_lease():
            book.fail("its build failed, and changed something")
    elif seen.marks != book.seen.marks or seen.refused != book.seen.refused:
        book.fail("a build that did not end changed watermarks or rejected rows")
    book.seen = seen


def _text(ending: Ending) -> str:
    return ending.report.text if ending.report else "killed"
