"""A warehouse for hours: sessions end, and statements of others get in the way.

A statement that surely changed nothing is repeated, on a new connection where the old one is gone.
One whose answer was lost is repeated only if it may be: no insert is, and nothing in a transaction.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, TypeVar

from runner.errors import UnavailableError
from runner.warehouse import StatementLostError, Warehouse

# A failover takes half a minute; leases are longer.
WAITS = (0.5, 2.0, 8.0, 20.0)
# Seconds. A driver that is patient itself is asked once more after them, not four times.
PATIENCE = 50.0

T = TypeVar("T")


class LastingWarehouse:
    """Opens connections as it needs them; the first one at once, so that a refusal is told."""

    def __init__(self, connect: Callable[[], Warehouse]) -> None:
        """`connect` raises UnavailableError where it cannot."""
        self._connect = connect
        self._labels: Mapping[str, str] = {}
        self._inside = False
        inner = connect()
        self._inner: Warehouse | None = inner
        self.now = inner.now
        self.transactional = inner.transactional
        self.relation = inner.relation
        self.seconds_ago = inner.seconds_ago

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield rows; a query is repeated until it yields the first of them."""

        def begin(inner: Warehouse) -> tuple[list[tuple[Any, ...]], Iterator[tuple[Any, ...]]]:
            found = inner.rows(sql, parameters)
            first = next(found, None)
            return ([] if first is None else [first]), found

        first, others = self._repeated(sql, begin)
        yield from first
        yield from others

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement and return the number of rows it changed, or -1 if that is unknown."""
        return self._repeated(sql, lambda inner: inner.execute(sql, parameters))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the statements inside together, or none; `atomically` repeats them together."""
        if not self.transactional:
            yield
            return
        done = False
        try:
            with ExitStack() as stack:
                self._repeated("begin", lambda inner: stack.enter_context(inner.transaction()))
                self._inside = True
                yield
                done = True
        except StatementLostError as error:
            error.undone = error.untaken or not done
            raise
        finally:
            self._inside = False

    def label(self, labels: Mapping[str, str]) -> None:
        """Label the statements of this connection and of those after it."""
        self._labels = labels
        if self._inner:
            self._inner.label(labels)

    def close(self) -> None:
        """Give the connection back."""
        if self._inner:
            self._inner.close()

    def _repeated(self, sql: str, run: Callable[[Warehouse], T]) -> T:
        begun = time.monotonic()
        for wait in WAITS:
            try:
                return run(self._open())
            except StatementLostError as error:
                if error.session_lost:
                    self._drop()
                # What the transaction did before would be missing.
                if self._inside or not (error.untaken or _may_be_repeated(sql)):
                    raise
            except UnavailableError:
                if self._inner:  # it refuses the statement, not the login
                    raise
            _sleep(wait)
            if time.monotonic() - begun > PATIENCE:
                break
        return run(self._open())

    def _open(self) -> Warehouse:
        if self._inner is None:
            self._inner = self._connect()
            # Names and clocks are the connection's own on some drivers.
            self.relation, self.seconds_ago = self._inner.relation, self._inner.seconds_ago
            self._inner.label(self._labels)
        return self._inner

    def _drop(self) -> None:
        if self._inner:
            with suppress(Exception):  # it is gone already
                self._inner.close()
        self._inner = None


def atomically(warehouse: Warehouse, work: Callable[[], T]) -> T:
    """Commit what `work` writes together; repeat all of it where that surely was undone."""
    for wait in WAITS:
        try:
            with warehouse.transaction():
                return work()
        except StatementLostError as error:
            if not error.undone:
                raise
        _sleep(wait)
    with warehouse.transaction():
        return work()


def _sleep(longest: float) -> None:
    # Not all runners at once.
    time.sleep(longest * random.uniform(0.5, 1.0))  # noqa: S311 - nothing hangs on it


def _may_be_repeated(sql: str) -> bool:
    return not sql.lstrip().lower().startswith("insert")
