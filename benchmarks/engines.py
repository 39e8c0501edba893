"""The warehouses to measure on: a DuckDB file, and a PostgreSQL server of one's own.

Each keeps copies of its data by name, so that a measurement can be repeated from the same state.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import duckdb

from benchmarks.source import Engine
from tests.support.postgres import Postgres, server_programs, start

SCHEMA = "marketing"
# The process takes some 300 MB more, and is to stay below 4 GiB.
MEMORY_LIMIT = "3700MB"
THREADS = 2
# What a server of 4 GB would be given; the floors run on the same one.
POSTGRES_SETTINGS = {"work_mem": "256MB", "max_wal_size": "8GB", "maintenance_work_mem": "512MB"}


class Warehouse(Protocol):
    """Where a project's data is."""

    name: Engine
    output: dict[str, object]

    def execute(self, *statements: str) -> float:
        """Run statements in one session and give the seconds they took, without logging in."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""

    def save(self, copy: str) -> None:
        """Keep a copy of all data under a name."""

    def restore(self, copy: str) -> None:
        """Go back to a copy."""


class DuckDB:
    """A file, opened anew by each session."""

    name: Engine = "duckdb"

    def __init__(self, folder: Path) -> None:
        self.file = folder / "shop.duckdb"
        self._settings: dict[str, str | int | float | list[str]] = {
            "memory_limit": MEMORY_LIMIT,
            "threads": THREADS,
        }
        self.output: dict[str, object] = {
            "type": "duckdb",
            "path": str(self.file),
            "schema": SCHEMA,
            "threads": 1,
            "config_options": dict(self._settings),
        }

    def execute(self, *statements: str) -> float:
        """Run statements in one session and give the seconds they took, without logging in."""
        with closing(duckdb.connect(self.file, config=dict(self._settings))) as connection:
            began = time.perf_counter()
            for statement in statements:
                connection.execute(statement)
            return time.perf_counter() - began

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with closing(duckdb.connect(self.file, config=dict(self._settings))) as connection:
            return connection.execute(query).fetchall()

    def save(self, copy: str) -> None:
        """Keep a copy of all data under a name."""
        self.execute("checkpoint")
        shutil.copyfile(self.file, self.file.with_name(f"{copy}.saved"))

    def restore(self, copy: str) -> None:
        """Go back to a copy."""
        self.file.with_name(f"{self.file.name}.wal").unlink(missing_ok=True)
        shutil.copyfile(self.file.with_name(f"{copy}.saved"), self.file)


class PostgreSQL:
    """A database of a private server that ends with this process."""

    name: Engine = "postgres"

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self.output: dict[str, object] = {
            "type": "postgres",
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "password": server.password,
            "dbname": "shop",
            "schema": SCHEMA,
            "threads": 1,
        }
        changes = [f"alter system set {key} = '{it}'" for key, it in POSTGRES_SETTINGS.items()]
        self._administer(*changes, "select pg_reload_conf()", "create database shop")

    def execute(self, *statements: str) -> float:
        """Run statements in one session and give the seconds they took, without logging in."""
        with self._cursor("shop") as cursor:
            began = time.perf_counter()
            for statement in statements:
                cursor.execute(statement)
            return time.perf_counter() - began

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self._cursor("shop") as cursor:
            cursor.execute(query)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def save(self, copy: str) -> None:
        """Keep a copy of all data under a name, with the statistics that a daily vacuum keeps."""
        self.execute("vacuum analyze")
        self._administer(f"drop database if exists {copy}", f"create database {copy} template shop")

    def restore(self, copy: str) -> None:
        """Go back to a copy."""
        self._administer(
            "drop database shop", f"create database shop template {copy}", "checkpoint"
        )

    @property
    def log(self) -> Path:
        """Where the server writes what it was asked to log."""
        ((data,),) = self.rows("show data_directory")
        return Path(data).parent / "log"

    def log_statements(self, *, whether: bool) -> None:
        """Write every statement to the log from now on, or none."""
        kind = "all" if whether else "none"
        self._administer(f"alter system set log_statement = '{kind}'", "select pg_reload_conf()")
        time.sleep(0.5)  # the server reads its settings when it gets round to it

    def _administer(self, *statements: str) -> None:
        with self._cursor("postgres") as cursor:
            for statement in statements:
                cursor.execute(statement)

    @contextmanager
    def _cursor(self, database: str) -> Iterator[Any]:
        import psycopg2

        server = self._server
        connection = psycopg2.connect(
            host=server.host,
            port=server.port,
            user=server.user,
            password=server.password,
            dbname=database,
        )
        connection.autocommit = True
        with closing(connection):
            yield connection.cursor()


def postgres() -> PostgreSQL | None:
    """A server of one's own; None where its programs are not installed."""
    programs = server_programs()
    return PostgreSQL(start(programs, os.getpid())) if programs else None
