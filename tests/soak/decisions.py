"""What a person decides in a seed: on events in doubt, and on a delta that is held."""

from __future__ import annotations

from tests.soak.book import Book
from tests.soak.builds import draw_fuse, note_ending
from tests.soak.processes import carry_out
from tests.soak.tale import Tale


def resolve(tale: Tale, book: Book, *, sound: bool = False) -> None:
    """Have events in doubt sent again, or given up."""
    choice = tale.dice.choice(("resend", "skip"))
    fuse = None if sound else draw_fuse(tale, "resolve")
    order = tale.company.runner("resolve", [book.name], f"--{choice}", fuse=fuse)
    blocked = book.seen.has_live_runner() or (book.seen.lease_holder or "").startswith("build ")
    ending = carry_out("runner", order)
    how = note_ending(tale, "resolve", ending, fuse)
    tale.company.wait_for_the_dead()
    waiting = len(book.doubtful_events())
    decided = book.resolved(tale.company.look()[book.name], choice)
    tale.learn()
    tale.counts["events resolved"] += decided
    tale.tell(f"resolve {book.name} --{choice}: {how}; {decided} of {waiting} decided")
    if ending.report and not ending.struck and (ending.report.code == 0) == blocked:
        book.fail(f"resolve ended with {ending.report.code}: {ending.report.text}")
    if blocked and decided:
        book.fail("events were decided on while somebody had the lease")
    if ending.report and ending.report.code == 0 and decided != waiting:
        book.fail(f"{decided} of {waiting} events in doubt were decided on")


def approve(tale: Tale, book: Book) -> None:
    """Release a held delta."""
    ending = carry_out("runner", tale.company.runner("approve", [book.name]))
    tale.learn()
    tale.counts["approved"] += 1
    tale.tell(f"approve {book.name}: {note_ending(tale, 'approve', ending, None)}")
    if book.seen.is_held:
        book.fail(f"it was approved, and is held: {ending.report and ending.report.text}")


def decide(tale: Tale) -> None:
    """Let the person look at what waits, and decide on some of it."""
    for book in tale.books:
        if book.is_events and book.doubtful_events() and tale.chance(0.6):
            resolve(tale, book)
        if book.seen.is_held and tale.chance(0.6):
            approve(tale, book)
