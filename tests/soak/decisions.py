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


def pause(tale: Tale, book: Book) -> None:
    """Let nobody push it for a while."""
    _command(tale, book, "pause")
    book.is_paused = True


def resume(tale: Tale, book: Book) -> None:
    """Let it be pushed again."""
    _command(tale, book, "resume")
    book.is_paused = False


def retry(tale: Tale, book: Book) -> None:
    """Have refused rows planned again by the next build, those that rest too."""
    _command(tale, book, "retry")
    book.rules.refusals.clear()


def _command(tale: Tale, book: Book, command: str) -> None:
    ending = carry_out("runner", tale.company.runner(command, [book.name]))
    tale.learn()
    tale.counts[f"runner {command}"] += 1
    tale.tell(f"{command} {book.name}: {note_ending(tale, command, ending, None)}")
    if ending.report is None or ending.report.code:
        book.fail(f"{command} ended with {ending.report}")


def decide(tale: Tale) -> None:
    """Let the person look at what waits, and decide on some of it."""
    for book in tale.books:
        if book.is_events and book.doubtful_events() and tale.chance(0.6):
            resolve(tale, book)
        if book.seen.is_held and tale.chance(0.6):
            approve(tale, book)
        if book.is_paused and tale.chance(0.6):
            resume(tale, book)
        elif not book.is_paused and book.seen.delta_id and tale.chance(0.04):
            pause(tale, book)
        if _can_retry(book) and tale.chance(0.15):
            retry(tale, book)


def _can_retry(book: Book) -> bool:
    """Whether rows were refused, and every refusal is at or below a watermark."""
    places = book.seen.refused
    settled = all(ordinal <= book.settled[shard] for shard, ordinal in places)
    return bool(book.rules.refusals) and settled
