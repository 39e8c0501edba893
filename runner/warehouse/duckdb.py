"""DuckDB through its own driver, by the DB-API subset that versions 1 and 2 share."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from runner.errors import ConfigurationError, UnavailableError
from runner.masking import masked
from runner.warehouse import MissingRelationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from runner.profiles import Profile

# One process writes a DuckDB file at a time: wait about ten seconds for a dbt that is ending.
LOCK_WAITS = (0.2, 0.4, 0.8, 1.6, 3.2, 4.0)
BATCH = 1000
# DuckDB keeps whatever it has read, up to most of the machine's memory: after so many rows it lets
# all but this go, so that a push of millions takes no more than one of thousands.
LET_GO_AFTER = 20_000
KEPT = "8MB"
SCHEMA_AND_TABLE = 2


class DuckDBWarehouse:
    """A DuckDB database file, opened for writing."""

    now = "(current_timestamp at time zone 'UTC')"
    transactional = True

    def __init__(self, connection: duckdb.DuckDBPyConnection, profile: Profile) -> None:
        """Take over an open connection."""
        self._connection = connection
        self._profile = profile
        self._inside = False
        # A delta is counted before its first chunk is read, and counting reads a whole column.
        self._read = LET_GO_AFTER // 2
        self._limit: tuple[str, ...] = ()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield rows from a cursor of its own; inside a transaction, read it first whole."""
        if self._inside:
            # A cursor is a connection of its own and would not see this transaction's rows.
            with self._explained():
                found = self._connection.execute(sql, list(parameters)).fetchall()
            yield from found
            return
        cursor = self._connection.cursor()
        try:
            with self._explained():
                cursor.execute(sql, list(parameters))
                batch = cursor.fetchmany(BATCH)
            while batch:
                self._read += len(batch)
                yield from batch
                with self._explained():
                    batch = cursor.fetchmany(BATCH)
        finally:
            cursor.close()
        if self._read >= LET_GO_AFTER:
            self._let_go()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement; DuckDB answers a change with its number of rows."""
        with self._explained():
            answer = self._connection.execute(sql, list(parameters)).fetchone()
        return answer[0] if answer and isinstance(answer[0], int) else -1

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the statements inside together, or none of them."""
        self.execute("begin transaction")
        self._inside = True
        try:
            yield
        except BaseException:
            self._inside = False
            with suppress(UnavailableError):  # what went wrong first is what counts
                self.execute("rollback")
            raise
        self._inside = False
        self.execute("commit")

    def relation(self, *parts: str | None) -> str:
        """Quote each part of a name.

        A file that was renamed since the build answers to its new name only, so a database that
        is not there is taken to be this file.
        """
        if len(parts) > SCHEMA_AND_TABLE and parts[0]:
            query = "select 1 from duckdb_databases() where lower(database_name) = lower(?)"
            if not list(self.rows(query, [parts[0]])):
                parts = parts[1:]
        return ".".join('"' + part.replace('"', '""') + '"' for part in parts if part)

    def seconds_ago(self, seconds: int) -> str:
        """Return the expression for a time before now."""
        return f"({self.now} - interval '{seconds:d} seconds')"

    def label(self, labels: Mapping[str, str]) -> None:
        """A file keeps no log of statements."""

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _let_go(self) -> None:
        """Empty the cache: a limit that is lowered for a moment drives out what nobody uses."""
        self._read = 0
        # Once: it is told rounded, and would shrink from time to time.
        self._limit = self._limit or next(self.rows("select current_setting('memory_limit')"))
        with suppress(UnavailableError):  # where more is in use, that stays
            self.execute("set memory_limit = ?", [KEPT])
        self.execute("set memory_limit = ?", self._limit)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except duckdb.CatalogException as error:
            raise MissingRelationError(self._sentence(error)) from None
        except duckdb.Error as error:
            raise UnavailableError(self._sentence(error)) from None

    def _sentence(self, error: duckdb.Error) -> str:
        cause = masked(str(error).strip().split("\n", 1)[0]).rstrip(".")
        return (
            f"DuckDB refused a statement of the runner (target {self._profile.target}): {cause}. "
            "If a table is missing or differs, run dbt build again."
        )


def connect(profile: Profile) -> DuckDBWarehouse:
    """Open the file of the profile for writing, waiting a little while it is locked."""
    path = _path(profile)
    connection = _open(path, profile)
    warehouse = DuckDBWarehouse(connection, profile)
    try:
        for extension in profile.credentials.get("extensions") or []:
            name = extension["name"] if isinstance(extension, dict) else extension
            warehouse.execute(f"load {warehouse.relation(str(name))}")
        for entry in profile.credentials.get("attach") or []:
            warehouse.execute(_attach(warehouse, entry))
        for name, value in (profile.credentials.get("settings") or {}).items():
            warehouse.execute(f"set {warehouse.relation(str(name))} = ?", [value])
    except BaseException:
        connection.close()
        raise
    return warehouse


def _path(profile: Profile) -> str:
    path = str(profile.credentials.get("path") or ":memory:")
    if path == ":memory:":
        message = (
            f"Target {profile.target} keeps DuckDB in memory, so nothing of dbt build is left for "
            "the runner: set `path` to a file in profiles.yml."
        )
        raise ConfigurationError(message)
    file = (profile.project_dir or Path.cwd()) / path  # as dbt, which runs in the project's folder
    if not file.exists():
        message = (
            f"DuckDB file {file} of target {profile.target} does not exist: run dbt build first, "
            "or start the runner in the folder that `path` in profiles.yml is relative to."
        )
        raise ConfigurationError(message)
    return str(file)


def _open(path: str, profile: Profile) -> duckdb.DuckDBPyConnection:
    config: Mapping[str, Any] = profile.credentials.get("config_options") or {}
    last: duckdb.Error | None = None
    for wait in (*LOCK_WAITS, None):
        try:
            return duckdb.connect(path, config=dict(config))
        except duckdb.IOException as error:
            last = error
            if "lock" not in str(error):
                break
            if wait is not None:
                time.sleep(wait)
        except duckdb.Error as error:
            last = error
            break
    raise UnavailableError(_refused(path, profile, last))


def _refused(path: str, profile: Profile, error: duckdb.Error | None) -> str:
    shown = masked(path)
    if error is not None and "lock" in str(error):
        return (
            f"DuckDB file {shown} is being written by another process, and only one may: wait for "
            "dbt or the other runner to end (or close the tool that has it open), then try again."
        )
    cause = masked(str(error).strip().split("\n", 1)[0]).rstrip(".")
    return f"DuckDB file {shown} of target {profile.target} cannot be opened: {cause}."


def _attach(warehouse: DuckDBWarehouse, entry: Mapping[str, Any]) -> str:
    path = str(entry["path"]).replace("'", "''")
    alias = f" as {warehouse.relation(str(entry['alias']))}" if entry.get("alias") else ""
    options = ["read_only"] if entry.get("read_only") else []
    if entry.get("type"):
        options.append(f"type {warehouse.relation(str(entry['type']))}")
    return f"attach if not exists '{path}'{alias}" + (f" ({', '.join(options)})" if options else "")
