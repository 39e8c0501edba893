"""Two processes at the same time: the second one must be held, or leave the delta alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Event

from runner.errors import ExitCode
from runner.sandbox import serve_in_thread
from tests.soak.book import Book
from tests.soak.builds import NO_TESTS, SHIFTS, after_build, draw_statement
from tests.soak.destination import Ambush, Item
from tests.soak.orders import Fuse
from tests.soak.processes import Child, Ending
from tests.soak.pushes import QUIET, draw_options, obstacle
from tests.soak.tale import Tale

# On PostgreSQL the second process may have to wait for a lock of the first one, or long enough
# for that: it is given up then.
LOOK_AGAIN = 0.05
LONGEST = 10.0
# As long as a build may watch whether a runner lives, a stalled push waits for its answer.
PATIENT = 100.0
AT_ONCE = ("second push", "build during push", "paused push", "push during build")
# The file of DuckDB has one owner at a time.
OF_SERVERS = ("takeover", "build takes over", "build by another clock")
# It learns that its lease is lost, or that another delta is there.
STOPPED = {ExitCode.HELD, ExitCode.UNAVAILABLE}
REFUSED = {ExitCode.HELD, ExitCode.CONFIGURATION, ExitCode.UNAVAILABLE}


def meet(tale: Tale) -> None:
    """Let two processes meet over one activation."""
    free = [book for book in tale.books if book.left and not obstacle(book)]
    if not free:
        return
    book = tale.dice.choice(free)
    kind = tale.dice.choice((*AT_ONCE, *OF_SERVERS) if tale.company.server else AT_ONCE)
    tale.counts[f"met: {kind}"] += 1
    tale.company.write_connections(draw_options(tale, QUIET))
    if kind == "push during build":
        _push_during_build(tale, book)
    elif kind == "paused push":
        _paused_push(tale, book)
    else:
        _stalled_push(tale, book, kind)


def _stalled_push(tale: Tale, book: Book, kind: str) -> None:
    """A destination is slow to answer a push; meanwhile somebody else comes."""
    company, destination = tale.company, book.stand.destination
    company.write_connections({**draw_options(tale, QUIET), "read_timeout": PATIENT})
    gate = Event()
    ambush = Ambush(request=tale.dice.randint(1, 2), gate=gate)
    destination.lie_in_wait(ambush)
    first = Child("runner", company.runner("push", [book.name], eager=tale.chance(0.5)))
    ended = None
    while not ambush.sprung and ended is None:
        ended = first.ended(0.01)
    if ended is not None:
        tale.learn()
        tale.tell(f"push {book.name} met nobody; {tale.standing([book.name])}")
        return
    company.has_guest = True
    tale.hear(book)
    delta_id = book.seen.delta_id
    words, doubts = _while_stalled(tale, book, kind)
    gate.set()
    ending = first.end()
    company.has_guest = False
    destination.lie_in_wait(None)
    code = ending.report.code if ending.report else None
    overtaken = book.seen.delta_id != delta_id
    if overtaken:
        book.hear_late(destination.news(), doubts)
    tale.learn()
    tale.tell(
        f"push {book.name} stalled at request {ambush.request}, {words}; code {code}; "
        f"{tale.standing([book.name])}"
    )
    if overtaken and code not in STOPPED:
        book.fail(f"its delta was replaced while it was pushed, and the push ended with {code}")
    if not overtaken and kind != "takeover" and (code != ExitCode.DONE or book.left):
        book.fail(f"its push was met by another process, and ended with {code}")


def _while_stalled(tale: Tale, book: Book, kind: str) -> tuple[str, set[Item]]:
    """Let the other one come; return what it did, and what the first one had in doubt before."""
    company = tale.company
    if kind in {"build takes over", "build by another clock"}:
        return _build_over_push(tale, book, kind)
    if kind == "build during push":
        if company.server:  # the file of DuckDB is the first one's
            return _build_over_push(tale, book, kind)
        ending = Child("dbt", company.dbt(*NO_TESTS)).end()
        if ending.report is None or ending.report.code == 0:
            book.fail("two processes have the file of DuckDB")
        return "a build came", set()
    return _push_over_push(tale, book, kind), set()


def _build_over_push(tale: Tale, book: Book, kind: str) -> tuple[str, set[Item]]:
    """A build comes while the runner lives, by its own clock or after an hour without a sign.

    Whether it leaves the delta alone or takes the lease, nothing is lost and nothing is doubled.
    """
    company = tale.company
    shift = tale.dice.choice(SHIFTS) if kind == "build by another clock" else 0
    if kind == "build takes over":
        company.expire_leases()
    company.load()
    book.learn(company.look(book.name)[book.name])
    before, doubts = book.seen.delta_id, book.doubts()
    ending = Child("dbt", company.dbt(*NO_TESTS, shift=shift)).end()
    after_build(tale, ending, None, f"{kind}{f' {shift:+}' if shift else ''}", met=True)
    if book.seen.delta_id == before:
        return "a build left it alone", doubts
    if kind == "build during push":
        book.fail("a build replaced the delta that a live runner is sending")
    return "a build took over", doubts


def _push_over_push(tale: Tale, book: Book, kind: str) -> str:
    company = tale.company
    if kind == "takeover":
        company.expire_leases()
        book.is_overlapped = True
    # The first one keeps its server waiting: whoever comes has to use another door.
    with serve_in_thread(book.stand.destination) as door:
        doors = {str(book.seen.target): door.url}
        company.write_connections(draw_options(tale, QUIET), doors)
        ending = Child("runner", company.runner("push", [book.name])).end()
    code = ending.report.code if ending.report else None
    if kind == "second push":
        if code not in REFUSED:
            book.fail(f"a second runner pushed it too: {ending.report and ending.report.text}")
        if tale.hear(book):
            book.fail("a second runner sent something")
    return f"another push ended with {code}"


def _paused_push(tale: Tale, book: Book) -> None:
    """A runner pauses at some statement, maybe before it has the lease; a second one comes."""
    company = tale.company
    fuse = Fuse(statement=draw_statement(tale, "push"), after=tale.chance(0.5), action="pause")
    first = Child("runner", company.runner("push", [book.name], fuse=fuse))
    place = first.until_struck()
    company.has_guest = True
    second = Child("runner", company.runner("push", [book.name]))
    met = _ended_or_blocked(tale, second)
    if place:
        first.go_on()
    endings = [first.end(), met or second.end()]
    company.has_guest = False
    tale.learn()
    tale.tell(
        f"push {book.name} paused ({fuse}, {place}) while another came: "
        f"{_codes(*endings)}; {tale.standing([book.name])}"
    )


def overtake(
    tale: Tale, books: Sequence[Book], statement: int, options: Mapping[str, object]
) -> None:
    """A runner stands still for an hour before a statement; another one does its work."""
    company, names = tale.company, [book.name for book in books]
    company.write_connections({**draw_options(tale, QUIET), **options})
    fuse = Fuse(statement=statement, action="pause")
    first = Child("runner", company.runner("push", names, fuse=fuse, eager=True))
    place = first.until_struck()
    company.has_guest = True
    company.expire_leases()
    second = Child("runner", company.runner("push", names)).end()
    for book in books:
        book.is_overlapped = True
    if place:
        first.go_on()
    endings = [first.end(), second]
    company.has_guest = False
    tale.learn()
    tale.counts["met: overtaken push"] += 1
    tale.tell(f"push overtaken ({fuse}, {place}): {_codes(*endings)}; {tale.standing(names)}")


def _push_during_build(tale: Tale, book: Book) -> None:
    """A build pauses at some statement; a push comes."""
    company = tale.company
    company.load()
    fuse = Fuse(statement=draw_statement(tale, "build"), after=tale.chance(0.5), action="pause")
    first = Child("dbt", company.dbt(*NO_TESTS, fuse=fuse))
    place = first.until_struck()
    company.has_guest = True
    second = Child("runner", company.runner("push", [book.name]))
    met = _ended_or_blocked(tale, second)
    if met and company.server and place:
        # Whatever it sent of the old delta, the build that goes on must fold it.
        seen = company.look(book.name)[book.name]
        if seen.delta_id != book.seen.delta_id:
            book.rebuilt(seen, company.rows_of(book), full=False)
        tale.hear(book)
        book.learn(seen)
    if place:
        first.go_on()
    building, pushing = first.end(), met or second.end()
    company.has_guest = False
    words = f"build paused ({fuse}, {place}) while a push of {book.name} came"
    after_build(tale, building, None, f"{words}: {_codes(building, pushing)}", met=True)


def _ended_or_blocked(tale: Tale, second: Child) -> Ending | None:
    """Wait until the second process has ended, or waits itself for a lock of the paused one."""
    for _ in range(round(LONGEST / LOOK_AGAIN)):
        if ended := second.ended(LOOK_AGAIN):
            return ended
        if tale.company.is_blocked():
            return None
    return None


def _codes(*endings: Ending) -> str:
    return " and ".join(str(ending.report.code if ending.report else None) for ending in endings)
