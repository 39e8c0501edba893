"""What may happen to a runner: it is killed between two statements, or just after one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from runner.warehouse import Warehouse


class KilledError(BaseException):
    """Stands for kill -9: no handler of the runner's may catch it."""


class Silent:
    """A reporter that listens to everything and says nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_args, **_named: None


class FaultyWarehouse:
    """A warehouse that dies at a given write, just before or just after it took effect."""

    def __init__(self, inner: Warehouse, fatal_write: int | str | None, *, after: bool) -> None:
        """`fatal_write` counts writes from 1, or is part of the fatal one; None: none is."""
        self._inner = inner
        self._left = fatal_write if isinstance(fatal_write, int) else 0
        self._text = fatal_write if isinstance(fatal_write, str) else None
        self._after = after
        self.dead = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - passes on whatever the Protocol has
        return getattr(self._inner, name)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Read, unless dead."""
        self._check()
        return self._inner.rows(sql, parameters)

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Write, and die if it is time."""
        self._check()
        self._left -= 1
        if self._left == 0 or (self._text and self._text in sql):
            if self._after:
                self._inner.execute(sql, parameters)
            self.dead = True
            self._check()
        return self._inner.execute(sql, parameters)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A transaction whose owner died is rolled back by the warehouse."""
        self._check()
        with self._inner.transaction():
            yield
            self._check()

    def _check(self) -> None:
        if self.dead:
            raise KilledError
