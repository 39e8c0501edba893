"""The company of one seed: its dbt project, its warehouse, its destinations, and its source."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from runner.profiles import load
from runner.warehouse import MissingRelationError, Warehouse, connect
from tests.oracle.changes import IDENTIFIERS, KEYS, Key
from tests.oracle.project import (
    ATTRIBUTES,
    NO_GUARDS,
    Event,
    create_tables,
    event_rows,
    load_tables,
    write_activation,
    write_people,
    write_project,
)
from tests.oracle.rules import ModelRow
from tests.soak.book import Book
from tests.soak.orders import SCHEMA, Fuse, Order, dbt_arguments, runner_arguments
from tests.soak.processes import ROOT, carry_out
from tests.soak.tables import Seen, look
from tests.support.postgres import Postgres

OBSERVABILITY_OFF = "models: {tailrace: {observability: {+enabled: false}}}\n"
PEOPLE: tuple[str | None, ...] = (*IDENTIFIERS, *(f"v{number}" for number in range(8)))
OTHERS = (
    "select count(*) from pg_stat_activity "
    "where datname = current_database() and pid <> pg_backend_pid()"
)
BLOCKED = (
    "select count(*) from pg_stat_activity "
    "where datname = current_database() and wait_event_type = 'Lock'"
)


@dataclass(slots=True, kw_only=True)
class Company:
    """Everything of a seed that outlives a child.

    `server` is None on DuckDB. With `autocommit` no process knows transactions. `has_guest`: a
    child is alive and waits for something.
    """

    folder: Path
    server: Postgres | None
    autocommit: bool
    books: list[Book]
    people: list[ModelRow] = field(default_factory=list)
    before: list[ModelRow] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    mapped: list[str] = field(default_factory=lambda: ["amount", "word"])
    dropped: str | None = None
    has_guest: bool = False
    keys: Sequence[Key] = (*KEYS, *(("key", str(number)) for number in range(8)))
    identifiers: Sequence[str | None] = PEOPLE

    def found(self) -> None:
        """Write the project in an empty folder, and make an empty warehouse."""
        models = self.folder / "models"
        shutil.rmtree(models, ignore_errors=True)
        (self.folder / "company.duckdb").unlink(missing_ok=True)
        (self.folder / "company.duckdb.wal").unlink(missing_ok=True)
        output: dict[str, object] = {"type": "duckdb", "path": str(self.folder / "company.duckdb")}
        if self.server:
            places = {"host": self.server.host, "port": self.server.port, "user": self.server.user}
            secret = {"password": self.server.password, "dbname": self.server.dbname}
            output = {"type": "postgres", **places, **secret}
        profile = {"target": "t", "outputs": {"t": {**output, "schema": SCHEMA, "threads": 1}}}
        (self.folder / "profiles.yml").write_text(yaml.safe_dump({"company": profile}))
        write_project(self.folder, ROOT, OBSERVABILITY_OFF)
        tests = [
            {"name": book.name, "data_tests": ["tailrace.synced_state_consistent"]}
            for book in self.books
        ]
        (models / "tests.yml").write_text(yaml.safe_dump({"models": tests}))
        self.write_models()
        self._make_warehouse()
        if not (self.folder / "dbt_packages").exists():
            carry_out("dbt", Order(arguments=("deps", *dbt_arguments(self.folder))))

    def _make_warehouse(self) -> None:
        if not self.server:
            import duckdb

            duckdb.connect(str(self.folder / "company.duckdb")).close()
        with self.warehouse() as warehouse:
            warehouse.execute(f"drop schema if exists {SCHEMA} cascade")
            create_tables(warehouse, SCHEMA)

    @contextmanager
    def warehouse(self) -> Iterator[Warehouse]:
        """A connection of the parent's own, while no child has the file."""
        warehouse = connect(load(project_dir=self.folder, profiles_dir=self.folder))
        try:
            yield warehouse
        finally:
            warehouse.close()

    def write_models(self) -> None:
        """Write the activations as they are mapped now, and the model of people."""
        columns = [name for name in ATTRIBUTES if name != self.dropped]
        write_people(self.folder, ["k1", "k2", "ext", *columns, "odd"])
        for book in self.books:
            mapped = list(self.mapped) if book.service == "braze.users" else []
            book.remapped |= set(book.written) - set(mapped)
            book.written = mapped
            if book.is_removed:
                (self.folder / "models" / f"{book.name}.sql").unlink(missing_ok=True)
                continue
            write_activation(
                self.folder,
                book.name,
                book.rules,
                mapped,
                destination=book.target,
                service=book.service,
                settings=book.settings,
                shards=book.shards,
                guards={**NO_GUARDS, **book.guards},
            )

    def write_connections(
        self, options: Mapping[str, object], doors: Mapping[str, str] | None = None
    ) -> None:
        """Write destinations.yml with these options; `doors` are other URLs of some connections."""
        entries = {
            name: {
                "platform": "braze",
                "url": (doors or {}).get(name, stand.server.url),
                "api_key": stand.server.api_key,
                "concurrency": 1,
                "connect_timeout": 20,
                **options,
            }
            for book in self.books
            for name, stand in book.stands.items()
        }
        (self.folder / "destinations.yml").write_text(yaml.safe_dump(entries))

    def load(self) -> None:
        """Make the source tables hold the people and events of now."""
        with self.warehouse() as warehouse:
            load_tables(warehouse, SCHEMA, self.people, self.events)

    def rows_of(self, book: Book) -> list[ModelRow]:
        """The rows of the model that an activation sends."""
        return event_rows(self.events) if book.is_events else list(self.people)

    def look(self, *names: str) -> dict[str, Seen]:
        """Read what the tables say of these activations, or of all."""
        with self.warehouse() as warehouse:
            return look(warehouse, names or [book.name for book in self.books])

    def expire_leases(self) -> None:
        """Let an hour pass since the last sign of life of every runner."""
        with suppress(MissingRelationError), self.warehouse() as warehouse:
            warehouse.execute(
                f"update {SCHEMA}.tailrace_activations "
                f"set lease_heartbeat_at = {warehouse.seconds_ago(3600)} "
                "where lease_holder not like 'build %'"
            )

    def wait_for_the_dead(self) -> None:
        """PostgreSQL takes a moment to notice that a client was killed, and to roll it back."""
        if self.server and not self.has_guest:
            with self.warehouse() as warehouse:
                while next(iter(warehouse.rows(OTHERS)))[0]:
                    time.sleep(0.01)

    def is_blocked(self) -> bool:
        """Whether a process waits for a lock of another one."""
        if not self.server:
            return False
        with self.warehouse() as warehouse:
            return bool(next(iter(warehouse.rows(BLOCKED)))[0])

    def dbt(self, *flags: str, fuse: Fuse | None = None, shift: int = 0) -> Order:
        """How a build is ordered."""
        return Order(
            arguments=("build", *dbt_arguments(self.folder), *flags),
            fuse=fuse,
            autocommit=self.autocommit,
            shift=shift,
        )

    def runner(
        self,
        command: str,
        names: Sequence[str],
        *flags: str,
        fuse: Fuse | None = None,
        shift: int = 0,
        eager: bool = False,
    ) -> Order:
        """How a command of the runner is ordered."""
        return Order(
            arguments=(command, *names, *flags, *runner_arguments(self.folder)),
            fuse=fuse,
            autocommit=self.autocommit,
            shift=shift,
            eager=eager,
        )
