"""The few things the runner asks of a warehouse, whatever it is.

Statements use `?` for values and are written in the SQL that all warehouses share; names come from
`relation`, the clock from `now` and `seconds_ago`. One thread uses a warehouse at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from runner.errors import UnavailableError
from runner.profiles import Profile


class MissingRelationError(UnavailableError):
    """A table or schema that the statement names does not exist."""


class StatementLostError(UnavailableError):
    """A statement fell to the connection or to another session, not to what it says.

    `session_lost`: a new connection is needed. `untaken`: it surely changed nothing.
    `undone`: the transaction around it surely changed nothing.
    """

    def __init__(self, text: str, *, session_lost: bool, untaken: bool) -> None:
        super().__init__(text)
        self.session_lost = session_lost
        self.untaken = untaken
        self.undone = False


class Warehouse(Protocol):
    """A connection to a warehouse; failures are UnavailableError with secrets masked.

    `now` is the SQL expression for the current time, as a UTC timestamp without a zone.
    `transactional` is false where several statements cannot be committed as one.
    """

    now: str
    transactional: bool

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query in batches from the driver's own cursor.

        Ask for bounded ranges: some drivers hold a result in memory until it is read. Other
        statements may run before the last row was taken.
        """

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement and return the number of rows it changed, or -1 if that is unknown."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commit the statements inside together, or none of them."""

    def relation(self, *parts: str | None) -> str:
        """Quote a name given as (database, schema, table); parts that are None are left out."""

    def seconds_ago(self, seconds: int) -> str:
        """Return the SQL expression for `now` minus a number of seconds."""

    def label(self, labels: Mapping[str, str]) -> None:
        """Name the run and the activation in the warehouse's own log of statements, if it can."""

    def close(self) -> None:
        """Give the connection back; a DuckDB file is then free for other processes."""


# What dbt-duckdb does beyond opening a file, and the driver alone does not.
DUCKDB_EXTRAS = ("secrets", "filesystems", "plugins", "remote", "motherduck_token", "is_ducklake")


def connect(profile: Profile, *, native: bool = True) -> Warehouse:
    """Connect as the profile says: DuckDB and PostgreSQL by their drivers, others through dbt."""
    # Each driver is imported only when it is used: dbt alone takes seconds.
    if native and profile.type == "duckdb" and _plain_file(profile):
        from runner.warehouse.duckdb import connect as connect_duckdb

        return connect_duckdb(profile)
    from runner.warehouse.lasting import LastingWarehouse

    if native and profile.type == "postgres":
        from runner.warehouse.postgres import connect as connect_postgres

        return LastingWarehouse(lambda: connect_postgres(profile))
    from runner.warehouse.adapter import connect as connect_adapter

    return LastingWarehouse(lambda: connect_adapter(profile))


def _plain_file(profile: Profile) -> bool:
    given = profile.credentials
    address = str(given.get("path") or "").lower()
    elsewhere = address.startswith(("md:", "motherduck:", "ducklake:"))
    return not elsewhere and not any(given.get(extra) for extra in DUCKDB_EXTRAS)


def placeholders(sql: str, style: str) -> str:
    """Write the `?` of a statement as another driver's placeholder; no text of ours holds one."""
    return sql.replace("%", "%%").replace("?", style)
