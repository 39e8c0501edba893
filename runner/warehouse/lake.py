"""Spark and Databricks: one kind of cursor over three kinds of drivers, none of which binds values.

dbt's own wrappers keep one cursor, read everything at once, make numbers floats or do not quote,
so each is opened up here and its driver is used. Timestamps are read as UTC, without a zone.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any

Row = tuple[Any, ...]


def literal(value: object) -> str:
    """A value as Spark's SQL spells it: no text can end its quotes.

    Spark puts in what `${...}` names, even inside of quotes, so a dollar sign is spelled as a code.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} has no literal")
    return "'" + "".join(_letter(each) for each in value) + "'"


def _letter(letter: str) -> str:
    if letter in "\\'":
        return "\\" + letter
    return f"\\u{ord(letter):04x}" if letter == "$" or ord(letter) < ord(" ") else letter


def written(sql: str, values: Sequence[object]) -> str:
    """Put values in the place of each `?`; no text of ours holds one."""
    first, *others = sql.split("?")
    pairs = zip(values, others, strict=True)
    return first + "".join(literal(value) + text for value, text in pairs)


class LakeConnection:
    """What is behind the handle of dbt-spark's thrift, HTTP, ODBC or session method, or Databricks.

    A server's session is this runner's alone, so its clock can be set to UTC.
    """

    def __init__(self, handle: Any) -> None:  # noqa: ANN401 - of no common type
        """Take over what an adapter opened."""
        self._connection = handle.handle if hasattr(handle, "handle") else handle._conn  # noqa: SLF001
        if hasattr(self._connection.cursor(), "fetchmany"):
            self.cursor().execute("set time zone 'UTC'")

    def cursor(self) -> LakeCursor:
        """A cursor of its own: reading one disturbs no other."""
        return LakeCursor(self._connection.cursor())


class LakeCursor:
    """A cursor; the server forgets its result as soon as nobody can read it any more."""

    rowcount = -1  # what is told differs from driver to driver

    def __init__(self, cursor: Any) -> None:  # noqa: ANN401 - of no common type
        """Take over a driver's cursor."""
        self._cursor = cursor
        self._rows: Iterator[Row] | None = None
        weakref.finalize(self, _quietly, cursor.close)

    def execute(self, sql: str, values: Sequence[object] = ()) -> None:
        """Run a statement with its values written into it."""
        self._cursor.execute(written(sql, values) if values else sql)
        if not hasattr(self._cursor, "fetchmany"):
            # dbt's cursor of a session would collect all rows at once.
            self._rows = map(_from_python, self._cursor._df.toLocalIterator())  # noqa: SLF001

    def fetchone(self) -> Row | None:
        """The next row."""
        return next(iter(self.fetchmany(1)), None)

    def fetchmany(self, size: int) -> list[Row]:
        """The next rows, as many as asked for if there are so many."""
        if self._rows is not None:
            return list(islice(self._rows, size))
        return [tuple(_utc(value) for value in row) for row in self._cursor.fetchmany(size)]


def _from_python(row: Row) -> Row:
    # A session gives local times of this process, whatever the time zone of its SQL.
    local = (each.astimezone(UTC) if isinstance(each, datetime) else each for each in row)
    return tuple(_utc(value) for value in local)


def _utc(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _quietly(close: Callable[[], object]) -> None:
    with suppress(Exception):  # the connection is gone, and the result with it
        close()
