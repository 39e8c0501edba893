"""What is repeated when a session ends or another one is in the way, and what is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from runner.errors import UnavailableError
from runner.warehouse import MissingRelationError, StatementLostError
from runner.warehouse.dialects import failure
from runner.warehouse.lasting import WAITS, LastingWarehouse, atomically

COLLIDED = StatementLostError("collided", session_lost=False, untaken=True)
EXPIRED = StatementLostError("expired", session_lost=True, untaken=True)
BROKEN = StatementLostError("broken", session_lost=True, untaken=False)
REFUSED = UnavailableError("refused")


class Scripted:
    """A session that fails as it is told, and notes what it did."""

    now = "now()"
    transactional = True

    def __init__(self, script: list[Exception | None], done: list[str]) -> None:
        self._script = script
        self._done = done
        self.labels: Mapping[str, str] = {}

    def rows(self, sql: str, _: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Fail before the first row or after it."""
        self.execute(sql)
        yield (1,)
        self.execute(f"rest of {sql}")
        yield (2,)

    def execute(self, sql: str, _: Sequence[object] = ()) -> int:
        """Do what the script says next."""
        fault = self._script.pop(0) if self._script else None
        if fault:
            raise fault
        self._done.append(sql)
        return 1

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Note begin and end."""
        self.execute("begin")
        yield
        self.execute("commit")

    def relation(self, *parts: str | None) -> str:
        """Need no name."""
        return str(parts)

    def seconds_ago(self, seconds: int) -> str:
        """Need no clock."""
        return str(seconds)

    def label(self, labels: Mapping[str, str]) -> None:
        """Keep the labels."""
        self.labels = labels

    def close(self) -> None:
        """Say that it ends."""
        self._done.append("close")


class Server:
    """Opens scripted sessions; a login fails where `logins` says so."""

    def __init__(self, *script: Exception | None) -> None:
        self.script = list(script)
        self.logins: list[Exception | None] = []
        self.sessions: list[Scripted] = []
        self.done: list[str] = []

    def connect(self) -> Scripted:
        """Open a session."""
        fault = self.logins.pop(0) if self.logins else None
        if fault:
            raise fault
        self.sessions.append(Scripted(self.script, self.done))
        return self.sessions[-1]


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let no time pass, and tell how long would have been waited."""
    waited: list[float] = []
    monkeypatch.setattr("runner.warehouse.lasting.time.sleep", waited.append)
    return waited


@pytest.mark.parametrize("fault", [COLLIDED, EXPIRED])
def test_what_was_not_taken_is_repeated(fault: Exception) -> None:
    """Even an insert is, since nothing of it is there."""
    server = Server(fault, fault)
    assert LastingWarehouse(server.connect).execute("insert into t") == 1
    assert [done for done in server.done if done != "close"] == ["insert into t"]
    assert len(server.sessions) == (3 if fault is EXPIRED else 1)


def test_an_insert_whose_answer_was_lost_is_not_repeated() -> None:
    """It may be there already; an update may be there twice."""
    warehouse = LastingWarehouse(Server(BROKEN, BROKEN).connect)
    with pytest.raises(StatementLostError):
        warehouse.execute(" INSERT into t")
    assert warehouse.execute("update t") == 1


def test_it_gives_up(waits: list[float]) -> None:
    """A warehouse that never answers well is unavailable, after bounded waits."""
    server = Server(*[COLLIDED] * 20)
    with pytest.raises(UnavailableError, match="collided"):
        LastingWarehouse(server.connect).execute("update t")
    assert len(waits) == len(WAITS)
    assert all(least / 2 <= wait <= least for least, wait in zip(WAITS, waits, strict=True))


def test_a_driver_that_is_patient_itself_is_asked_twice(
    waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What took a minute to fail is not tried for five."""
    clock = iter(range(0, 600, 60))
    monkeypatch.setattr("runner.warehouse.lasting.time.monotonic", lambda: next(clock))
    server = Server(*[COLLIDED] * 20)
    with pytest.raises(UnavailableError, match="collided"):
        LastingWarehouse(server.connect).execute("update t")
    assert len(waits) == 1


def test_a_refusal_is_not_repeated(waits: list[float]) -> None:
    """What the statement itself is to blame for is told at once."""
    with pytest.raises(UnavailableError, match="refused"):
        LastingWarehouse(Server(REFUSED).connect).execute("update t")
    assert waits == []


def test_a_login_that_fails_meanwhile_is_tried_again() -> None:
    """A failover refuses logins for a while; the labels are those of the run again."""
    server = Server(EXPIRED)
    warehouse = LastingWarehouse(server.connect)
    warehouse.label({"run": "r"})
    server.logins = [REFUSED, REFUSED]
    assert warehouse.execute("update t") == 1
    assert [session.labels for session in server.sessions] == [{"run": "r"}] * 2


def test_a_first_login_that_fails_is_told_at_once(waits: list[float]) -> None:
    """A mistaken password is no matter of patience."""
    server = Server()
    server.logins = [REFUSED]
    with pytest.raises(UnavailableError, match="refused"):
        LastingWarehouse(server.connect)
    assert waits == []


def test_rows_are_read_again_only_from_the_first() -> None:
    """A row that was handed out is never handed out twice."""
    warehouse = LastingWarehouse(Server(EXPIRED).connect)
    assert list(warehouse.rows("select")) == [(1,), (2,)]
    warehouse = LastingWarehouse(Server(None, EXPIRED).connect)
    found = warehouse.rows("select")
    assert next(found) == (1,)
    with pytest.raises(StatementLostError):
        next(found)


@pytest.mark.parametrize(
    ("script", "repeated"),
    [
        ([EXPIRED], True),  # begin
        ([None, BROKEN], True),  # inside: the server undoes what no one can commit
        ([None, COLLIDED], True),
        ([None, None, COLLIDED], True),  # commit refused
        ([None, None, BROKEN], False),  # commit unheard
        ([None, REFUSED], False),
    ],
)
def test_a_transaction_is_repeated_whole(script: list[Exception | None], *, repeated: bool) -> None:
    """Only if all of it was surely undone."""
    server = Server(*script)
    warehouse = LastingWarehouse(server.connect)
    if repeated:
        atomically(warehouse, lambda: warehouse.execute("insert into t"))
        assert server.done[-3:] == ["begin", "insert into t", "commit"]
    else:
        with pytest.raises(UnavailableError):
            atomically(warehouse, lambda: warehouse.execute("insert into t"))
        assert "commit" not in server.done


@pytest.mark.parametrize(
    ("words", "lost", "untaken"),
    [
        ("390114: Authentication token has expired. The user must authenticate again.", True, True),
        ("TException: Invalid SessionHandle: SessionHandle [abc]", True, True),
        ("BrokenPipe: server socket closed. Please check the network", True, False),
        ("ERROR: 1023 DETAIL: Serializable isolation violation on table - 108", False, True),
        ("Could not serialize access to table p:d.t due to concurrent update", False, True),
        ("[DELTA_CONCURRENT_APPEND] ConcurrentAppendException: files were added", False, True),
    ],
)
def test_words_of_drivers(words: str, *, lost: bool, untaken: bool) -> None:
    """A driver tells in words alone what became of a statement."""
    error = failure("sentence", words)
    assert isinstance(error, StatementLostError)
    assert (error.session_lost, error.untaken) == (lost, untaken)


def test_words_for_what_is_missing_or_wrong() -> None:
    """A missing table is told apart, and all else is the statement's own."""
    missing = failure("sentence", "Object 'X.TAILRACE_RUNS' does not exist or not authorized.")
    assert isinstance(missing, MissingRelationError)
    assert type(failure("sentence", "syntax error at or near select")) is UnavailableError
