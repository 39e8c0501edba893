"""A small company: one table of people, one of events, and an activation of each kind on them.

Every change goes the real way: the table changes, dbt builds, the runner pushes to a stand-in of
its own per activation. A kill is a fault put between any two statements of the runner.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dbt.cli.main import dbtRunner

from runner import control, profiles, push
from runner.destinations import platforms, service
from runner.destinations.service import Connection
from runner.errors import ExitCode
from runner.parts import Part
from runner.report import RunResult
from runner.sandbox import Sandbox, Server
from runner.warehouse import Warehouse, connect
from tests.oracle.braze import BRAZE
from tests.oracle.changes import IDENTIFIERS, KEYS, Key
from tests.oracle.destination import Destination
from tests.oracle.faults import FaultyWarehouse, KilledError, Silent
from tests.oracle.project import (
    create_tables,
    load_tables,
    operation_of,
    write_activation,
    write_project,
)
from tests.oracle.rules import ModelRow, Operation, Plan, Rules
from tests.oracle.spelling import PROJECT

# A shard, and an ordinal in it.
Place = tuple[int, int]
# The exit code of several runners is the worst of theirs.
WORST = tuple(ExitCode)


@dataclass(slots=True, kw_only=True)
class Activation:
    """One activation of the project, its rules, its stand-in and what a build planned.

    `settled` is how far each shard is.
    """

    name: str
    service: str
    rules: Rules
    server: Server[Any]
    destination: Destination = BRAZE
    settings: dict[str, Any] = field(default_factory=dict)
    planned: Plan = field(default_factory=dict)
    order: dict[Place, Operation] = field(default_factory=dict)
    settled: Counter[int] = field(default_factory=Counter)
    remapped: set[str] = field(default_factory=set)


class World:
    """A dbt project in a folder of its own, and the activations in it."""

    def __init__(
        self, folder: Path, package: Path, activations: list[Activation], parts: int = 1
    ) -> None:
        """`folder` holds profiles.yml already; the package is installed from `package`.

        So many runners share each activation, whose delta has a shard more than that.
        """
        self.folder = folder
        self.parts = parts
        self.activations = activations
        self.mapped = ["amount", "word"]
        self.keys: Sequence[Key] = KEYS
        self.identifiers: Sequence[str | None] = IDENTIFIERS
        self.people: list[ModelRow] = []
        self.before: list[ModelRow] = []
        self.events: list[tuple[str, str, str]] = []
        write_project(folder, package)
        self.engine = profiles.load(project_dir=folder, profiles_dir=folder).type
        with (folder / "dbt_project.yml").open("a") as project:
            project.write(PROJECT.get(self.engine, ""))
        self.write_models()
        self._dbt("deps")
        with self.warehouse() as warehouse:
            create_tables(warehouse, self.schema.schema, self.engine)
        self.build()

    @contextmanager
    def warehouse(self) -> Iterator[Warehouse]:
        """A connection as the runner makes it."""
        profile = profiles.load(project_dir=self.folder, profiles_dir=self.folder)
        warehouse = connect(profile)
        try:
            yield warehouse
        finally:
            warehouse.close()

    @property
    def schema(self) -> control.ControlSchema:
        """Where this project's control tables are."""
        profile = profiles.load(project_dir=self.folder, profiles_dir=self.folder)
        return control.ControlSchema(
            database=profile.database, schema=profile.schema, target=profile.target
        )

    def write_models(self) -> None:
        """Write the activations with the attributes that are mapped now."""
        for activation in self.activations:
            rules = activation.rules
            record = rules.mode not in {"membership", "incremental"}
            rules.attributes = list(self.mapped) if record else []
            write_activation(
                self.folder,
                activation.name,
                rules,
                rules.attributes,
                destination="d",
                service=activation.service,
                settings=activation.settings,
                shards=self.parts + 1 if self.parts > 1 else 1,
                identifiers={activation.destination.identifier: "ext"},
            )

    def load(self) -> None:
        """Make the source tables hold the people and events of now."""
        with self.warehouse() as warehouse:
            load_tables(warehouse, self.schema.schema, self.people, self.events, self.engine)

    def build(self, *flags: str) -> None:
        """Run dbt build on everything."""
        self.load()
        self._dbt("build", *flags)

    def _dbt(self, command: str, *flags: str) -> None:
        places = ["--project-dir", str(self.folder), "--profiles-dir", str(self.folder)]
        quiet = ["--quiet", "--log-level-file", "none"]
        result = dbtRunner().invoke([command, *places, *quiet, *flags])
        if not result.success:
            failed = [node.message for node in getattr(result.result, "results", [])]
            raise AssertionError(f"dbt {command} failed: {result.exception} {failed}")

    def delta(self, activation: Activation) -> dict[Place, Operation]:
        """What the build planned, as the delta table says it, in the order of its ordinals."""
        with self.warehouse() as warehouse:
            table = warehouse.relation(self.schema.schema, activation.name)
            rows = warehouse.rows(
                "select _shard, _ordinal, _operation, _record_key, _identifiers, _payload "
                f"from {table} where _ordinal is not null order by _shard, _ordinal"
            )
            return {(shard, ordinal): operation_of(*row) for shard, ordinal, *row in rows}

    def push(
        self, activation: Activation, fatal_write: int | str | None = None, *, after: bool = False
    ) -> RunResult | None:
        """Push one activation by all its runners at once; None where one of them is killed.

        It is the first that is: the others go on.
        """
        deaths = [fatal_write, *[None] * (self.parts - 1)]
        # Whoever was killed here is dead: no need to watch for another sign of life.
        with patch("runner.lease.sleep"), ThreadPoolExecutor(self.parts) as pool:
            runs = [
                pool.submit(self._push, activation, number, death, after=after)
                for number, death in enumerate(deaths, start=1)
            ]
            results = [run.result() for run in runs]
        ended = [result for result in results if result]
        if len(ended) < len(results):
            _wait_until_quiet(activation.server.sandbox)
            return None
        worst = max(ended, key=lambda result: WORST.index(result.exit_code))
        return replace(worst, rejected=sum(result.rejected for result in ended))

    def _push(
        self, activation: Activation, number: int, fatal_write: int | str | None, *, after: bool
    ) -> RunResult | None:
        offered = service(activation.service)
        if activation.rules.mode == "insert":  # which Braze has no call for, but others have
            modes = {**offered.sync_modes, "insert": "as the test needs it"}
            offered = replace(offered, sync_modes=modes, refused_modes={})
        with self.warehouse() as inner:
            warehouse = FaultyWarehouse(inner, fatal_write, after=after)
            (registration,) = control.registrations(inner, self.schema, [activation.name])
            try:
                return push.push_activation(
                    warehouse,
                    self.schema,
                    registration,
                    offered,
                    platforms()[activation.destination.platform],
                    _connection(activation),
                    Silent(),
                    part=Part(number=number, parts=self.parts),
                )
            except KilledError:
                return None

    def expire_leases(self) -> None:
        """Let an hour pass since the last sign of life of every runner."""
        leases = {"tailrace_activations": "lease_holder", "tailrace_part_leases": "run_id"}
        with self.warehouse() as warehouse:
            for table, holder in leases.items():
                warehouse.execute(
                    f"update {self.schema.table(warehouse, table)} "
                    f"set lease_heartbeat_at = {warehouse.seconds_ago(3600)} "
                    f"where {holder} is not null"
                )

    def learn(self, activation: Activation) -> None:
        """Tell the oracle which rows the control tables now call settled."""
        marks, refused = self._marks(activation)
        for shard, (_, acknowledged) in marks.items():
            for ordinal in range(activation.settled[shard] + 1, acknowledged + 1):
                operation = activation.order[shard, ordinal]
                content = activation.planned[operation]
                if (shard, ordinal) in refused:
                    activation.rules.refused(operation, content)
                else:
                    activation.rules.acknowledged(operation, content)
            activation.settled[shard] = max(acknowledged, activation.settled[shard])

    def doubt(self, activation: Activation) -> int:
        """Before a build: tell the oracle which rows may have arrived; return how many."""
        doubtful = self.in_doubt(activation)
        for operation in doubtful:
            activation.rules.doubted(operation, activation.planned[operation])
        return len(doubtful)

    def in_doubt(self, activation: Activation) -> list[Operation]:
        """The rows that may or may not have arrived, by the watermarks."""
        marks, refused = self._marks(activation)
        return [
            activation.order[shard, ordinal]
            for shard, (sending, acknowledged) in marks.items()
            for ordinal in range(acknowledged + 1, sending + 1)
            if (shard, ordinal) not in refused
        ]

    def _marks(self, activation: Activation) -> tuple[dict[int, Place], set[Place]]:
        """Of each shard, up to where it may have been sent and is settled; and who was refused."""
        if not activation.order:
            return {}, set()
        with self.warehouse() as warehouse:
            (registration,) = control.registrations(warehouse, self.schema, [activation.name])
            marks = self.schema.table(warehouse, "tailrace_watermarks")
            rejected = self.schema.table(warehouse, "tailrace_rejected_rows")
            wanted = [registration.delta_id]
            found = warehouse.rows(
                "select shard, coalesce(sending, 0), coalesce(acknowledged, 0) "
                f"from {marks} where delta_id = ?",
                wanted,
            )
            shards = {shard: (sending, settled) for shard, sending, settled in found}
            query = f"select shard, ordinal from {rejected} where delta_id = ?"
            return shards, {(shard, ordinal) for shard, ordinal in warehouse.rows(query, wanted)}


def _connection(activation: Activation) -> Connection:
    destination, server = activation.destination, activation.server
    shared = {"concurrency": 3, "rows_per_query": 5, "attempts": 1, "pause_after": 0}
    return Connection(
        name="d",
        platform=destination.platform,
        url=server.url,
        secrets={destination.secret: server.api_key, **destination.secrets},
        options={**shared, **destination.options},
    )


def _wait_until_quiet(sandbox: Sandbox) -> None:
    """Requests that were on their way when the runner died still arrive."""
    seen = -1
    while seen != (now := sandbox.journal.total):
        seen = now
        time.sleep(0.1)
