"""Pushes of a seed: undisturbed, refused, cut off, killed; and what each must achieve."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from runner.errors import ExitCode
from runner.sandbox import Fault
from tests.soak.book import Book
from tests.soak.builds import SHIFTS, draw_fuse, note_ending
from tests.soak.company import PEOPLE
from tests.soak.destination import Ambush
from tests.soak.orders import Fuse
from tests.soak.processes import Child, Ending
from tests.soak.tale import Tale

READ_TIMEOUT = 20.0
SHORT_TIMEOUTS = {"connect_timeout": 0.5, "read_timeout": 0.5}  # they add up


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What goes wrong in a push: who is refused, where it breaks, what the destinations do.

    `door`: an activation whose destination cannot be reached, and why. `options` of the
    connections, and whether the push is `eager`, are drawn where they are not given.
    """

    refused: tuple[str, ...] = ()
    fuse: Fuse | None = None
    ambushes: dict[str, Ambush] = field(default_factory=dict)
    faults: dict[str, list[Fault | None]] = field(default_factory=dict)
    door: tuple[str, str] | None = None
    shift: int = 0
    options: Mapping[str, object] = field(default_factory=dict)
    eager: bool | None = None

    @property
    def disturbs(self) -> bool:
        """Whether the push may end otherwise than all settled."""
        return bool(self.fuse or self.ambushes or self.faults or self.door)

    @property
    def is_slow(self) -> bool:
        """Whether an answer will not be there in time."""
        faults = [fault for script in self.faults.values() for fault in script]
        return any(fault and fault.kind in SLOW for fault in faults)


QUIET = Trouble()
SLOW = ("silence", "drip_headers", "drip_body")
# Why a destination cannot be reached.
DOORS = ("nobody listens", "no such name", "no TLS")
NOBODY, NO_NAME = "http://127.0.0.1:9", "https://nowhere.invalid"
FAULTS: tuple[Fault, ...] = (
    Fault(kind="latency", seconds=0.05),
    Fault(kind="rate_limited"),
    Fault(kind="rate_limited", seconds=1),
    Fault(kind="rate_limited", seconds=2, dialect="mau"),
    Fault(kind="rate_limited", seconds=300, dialect="mau"),
    Fault(kind="server_error", status=500),
    Fault(kind="server_error", status=503, processed=True),
    Fault(kind="server_error", status=599, times=3),
    Fault(kind="cut_before"),
    Fault(kind="cut_after"),
    Fault(kind="cut_after", times=2),
    Fault(kind="cut_during"),
    Fault(kind="html"),
    Fault(kind="html", processed=True),
    Fault(kind="invalid_json"),
    Fault(kind="invalid_json", processed=True),
    Fault(kind="silence", seconds=5),
    Fault(kind="silence", seconds=5, processed=True),
    Fault(kind="drip_headers", seconds=3),
    Fault(kind="drip_body", seconds=3),
    Fault(kind="unknown_rows"),
    Fault(kind="unknown_rows", processed=True),
    Fault(kind="fewer_counts"),
    Fault(kind="fewer_counts", processed=True),
    Fault(kind="redirect"),
    Fault(kind="unauthorized"),
    Fault(kind="forbidden"),
)


def draw_trouble(tale: Tale, books: Sequence[Book]) -> Trouble:
    """Throw the dice for a push of these activations."""
    dice = tale.dice
    shift = dice.choice(SHIFTS) if tale.chance(0.05) else 0
    people = [name for name in PEOPLE if name]
    refused = tuple(dice.sample(people, dice.randint(1, 6))) if tale.chance(0.25) else ()
    kinds = ("none", "fuse", "ambush", "faults", "door")
    kind = dice.choices(kinds, weights=(30, 22, 20, 24, 4))[0]
    book = dice.choice([each for each in books if each.left] or books)
    if kind == "fuse":
        return Trouble(fuse=draw_fuse(tale, "push"), shift=shift, refused=refused)
    if kind == "ambush":
        ambush = Ambush(
            request=dice.randint(1, 4), after=tale.chance(0.6), lock_out=tale.chance(0.15)
        )
        return Trouble(ambushes={book.name: ambush}, shift=shift, refused=refused)
    if kind == "faults":
        script: list[Fault | None] = [None] * dice.randint(0, 3)
        script += dice.choices(FAULTS, k=dice.randint(1, 2))
        return Trouble(faults={book.name: script}, shift=shift, refused=refused)
    if kind == "door":
        return Trouble(door=(book.name, dice.choice(DOORS)), shift=shift, refused=refused)
    return Trouble(shift=shift, refused=refused)


def _doors(books: Sequence[Book], trouble: Trouble) -> dict[str, str]:
    """The URL of a destination that cannot be reached."""
    if trouble.door is None:
        return {}
    name, why = trouble.door
    (book,) = (each for each in books if each.name == name)
    no_tls = book.stand.server.url.replace("http:", "https:")
    url = {"nobody listens": NOBODY, "no such name": NO_NAME}.get(why, no_tls)
    return {str(book.seen.target or book.target): url}


def push(tale: Tale, books: Sequence[Book], trouble: Trouble) -> None:
    """Run `runner push` for these activations, and hold what it did against the oracle."""
    company = tale.company
    company.write_connections(draw_options(tale, trouble), _doors(books, trouble))
    names = [book.name for book in books]
    drawn = tale.chance(0.5)
    eager = drawn if trouble.eager is None else trouble.eager
    order = company.runner("push", names, fuse=trouble.fuse, shift=trouble.shift, eager=eager)
    for book in books:
        _prepare(book, trouble)
    obstacles = {book.name: obstacle(book, trouble.shift) for book in books}
    torn = any(book.seen.delta is None for book in books)
    doubts = {book.name: book.doubts() for book in books}
    child = Child("runner", order)
    for ambush in trouble.ambushes.values():
        ambush.kill = child.kill
    ending = child.end()
    after_push(tale, books, trouble, ending, {} if torn else obstacles, torn=torn)
    if ending.report is not None and not ending.struck:
        for book in books:
            if surplus := book.doubts() - book.asked - doubts[book.name]:
                book.fail(f"in doubt, though it was never sent: {sorted(surplus)}")


def draw_options(tale: Tale, trouble: Trouble) -> dict[str, object]:
    """The options of all connections during a push."""
    dice = tale.dice
    return {
        "max_rows": dice.randint(1, 3),
        "delete_max_rows": dice.randint(1, 2),
        "subscription_max_rows": dice.randint(1, 2),
        "rows_per_query": dice.randint(2, 6),
        "attempts": dice.randint(1, 3),
        "retry_seconds": 60,
        **(SHORT_TIMEOUTS if trouble.is_slow else {"read_timeout": READ_TIMEOUT}),
        "pause_after": dice.choice((0, 2, 3)),
        **trouble.options,
    }


def _prepare(book: Book, trouble: Trouble) -> None:
    destination = book.stand.destination
    destination.refuse(dict.fromkeys(trouble.refused, "TEST_REFUSAL"))
    destination.faults.plan(trouble.faults.get(book.name, []))
    destination.lie_in_wait(trouble.ambushes.get(book.name))


def obstacle(book: Book, shift: int = 0) -> str | None:
    """Why nothing of an activation may be sent now, by its tables."""
    seen = book.seen
    waits = book.is_events and getattr(book.rules, "in_doubt", "") == "hold"
    reasons = {
        "not built": seen.delta_id is None,
        "removed": seen.removed,
        "being built": (seen.lease_holder or "").startswith("build "),
        "leased": seen.has_live_runner(shift),
        "paused": book.is_paused,
        "held": seen.is_held,
        "torn": book.is_torn,
        "in doubt": waits and bool(seen.in_doubt()),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def after_push(
    tale: Tale,
    books: Sequence[Book],
    trouble: Trouble,
    ending: Ending,
    obstacles: dict[str, str | None],
    *,
    torn: bool,
) -> None:
    """Learn what was sent and settled; where nothing was in the way, that must be all."""
    tale.counts["pushes"] += 1
    refused = _rows_refused(books)
    for book in books:
        book.stand.destination.faults.clear()
        book.stand.destination.lie_in_wait(None)
    sent = {book.name: tale.hear(book) for book in books}
    tale.learn()
    said = finished(ending)
    how = _note(tale, trouble, ending, said)
    tale.counts["pushes with people refused"] += _rows_refused(books) > refused
    for book in books:
        found = obstacles.get(book.name)
        if (found or torn) and sent[book.name]:
            book.fail(f"it was pushed although it is {found or 'torn'}")
        if ending.report is not None and not (trouble.disturbs or torn):
            _check_end(book, said.get(book.name), found, ending.report.text)
    codes = {name: code for name, code in said.items() if code}
    names = [book.name for book in books]
    tale.tell(f"push {'+'.join(names)}: {how} {codes or ''}; {tale.standing(names)}")


def finished(ending: Ending) -> dict[str, int]:
    """The exit code of each activation, as the runner told it."""
    lines = ending.report.text.splitlines() if ending.report else []
    events = [json.loads(line) for line in lines if line.startswith("{")]
    return {
        event["activation"]: int(event["exit_code"])
        for event in events
        if event.get("event") == "finished"
    }


def _rows_refused(books: Sequence[Book]) -> int:
    return sum(book.tally["rows refused"] for book in books)


def _check_end(book: Book, code: int | None, found: str | None, text: str) -> None:
    if found:
        # A delta that is gone is not missed where all of it is settled.
        fine = {ExitCode.DONE} if found == "torn" and not book.left else set()
        if code not in {None, ExitCode.HELD, ExitCode.CONFIGURATION} | fine:
            book.fail(f"it is {found}, and its push ended with {code}: {text}")
        return
    if code != ExitCode.DONE:
        book.fail(f"nothing was in its way, and its push ended with {code}: {text}")
    if book.left:
        book.fail(f"its push ended well, and {book.left} rows are not settled")
    book.judge()


def _note(tale: Tale, trouble: Trouble, ending: Ending, said: Mapping[str, int]) -> str:
    for ambush in trouble.ambushes.values():
        if ambush.sprung:
            done = "locked out" if ambush.lock_out else "killed"
            when = "after" if ambush.after and not ambush.lock_out else "before"
            tale.counts[f"push {done}: {when} a request took effect"] += 1
            code = f", code {ending.report.code}" if ending.report else ""
            return f"{done} {when} request {ambush.request} took effect{code}"
    how = note_ending(tale, "push", ending, trouble.fuse)
    for script in trouble.faults.values():
        how += " faults " + ",".join(fault.kind if fault else "-" for fault in script)
    if trouble.door:
        name, why = trouble.door
        if said.get(name) == ExitCode.UNAVAILABLE:
            tale.counts[f"fault: {why}"] += 1
        how += f" {why} at {name}"
    if trouble.refused:
        how += f" refused {','.join(sorted(trouble.refused))}"
    return how + (f" clock {trouble.shift:+}" if trouble.shift else "")
