"""A small dbt project that installs the package, built in this process and pushed to a stand-in."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from runner.cli import main
from runner.control import ControlSchema, Registration, registrations, shard_sizes
from runner.profiles import Profile, load
from runner.sandbox import Server
from runner.sandbox.braze import Braze
from runner.warehouse import Warehouse, connect
from runner.watermarks import RejectedRow, mark_sending, settle, watermarks
from tests.support.waiting import wait_shortly
from tests.support.warehouses import SCHEMA, add_targets

# What most activations of the tests have in common.
COMMON: dict[str, object] = {
    "destination": "braze",
    "service": "users",
    "sync_mode": "upsert",
    "primary_key": "id",
    "identifiers": {"external_id": "id"},
    "attributes": ["name"],
}
# Guards that let every delta pass.
OPEN = {
    "max_delete_share": 100,
    "max_duplicate_share": 100,
    "max_invalid_share": 100,
    "empty_model": "allow",
}
SETTINGS = {
    "name": "shop",
    "version": "1.0.0",
    "profile": "shop",
    "flags": {"send_anonymous_usage_stats": False, "partial_parse": True},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one dbt command ended: nodes by name and status, and everything it said."""

    success: bool
    statuses: dict[str, str]
    text: str = field(repr=False)
    result: Any = field(repr=False, default=None)

    @property
    def complaints(self) -> list[str]:
        """The sentences about activations, each once, in order."""
        lines = (line.strip() for line in self.text.splitlines())
        said = [line[line.index("Activation ") :] for line in lines if "Activation " in line]
        return list(dict.fromkeys(said))


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A user's dbt project with the package installed from this checkout."""

    folder: Path
    profile: Profile
    engine: str
    server: Server[Braze]

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def remove(self, *models: str) -> None:
        """Delete model files."""
        for model in models:
            (self.folder / "models" / f"{model}.sql").unlink(missing_ok=True)

    def model(self, name: str, table: str | None = None) -> None:
        """Write a view over a table of the same name with `raw_` before it."""
        source = f"{{{{ target.schema }}}}.{table or f'raw_{name}'}"
        self.write(
            f"models/{name}.sql",
            f"{{{{ config(materialized='view') }}}}\nselect * from {source}\n",
        )

    def activation(
        self,
        name: str,
        reads: str = "ref('people')",
        *,
        config: str = "",
        end: str = "",
        **arguments: object,
    ) -> None:
        """Write an activation between two texts; arguments that are None are left out."""
        given = {key: value for key, value in (COMMON | arguments).items() if value is not None}
        written = ", ".join(f"{key}={value!r}" for key, value in given.items())
        call = f"{{{{ tailrace.activation({reads}, {written}) }}}}"
        self.write(f"models/{name}.sql", f"{config}\n{call}\n{end}")

    def artifacts(self, target: str = "test", *, shared: bool = False) -> Path:
        """Where dbt writes: one place a target and vars, since it parses anew when they change."""
        return self.folder / "target" / (f"{target}-shared" if shared else target)

    def dbt(self, *arguments: str, target: str = "test", shared: bool = False) -> Outcome:
        """Run a dbt command in this process; `shared` keeps the control tables in one schema."""
        from dbt.cli.main import dbtRunner
        from dbt_common.events.base_types import EventLevel, EventMsg

        said: list[str] = []

        def listen(event: EventMsg) -> None:
            info: Any = event.info  # generated code, without types
            if info.level != EventLevel.DEBUG.value:
                said.append(info.msg)

        places = ["--project-dir", str(self.folder), "--profiles-dir", str(self.folder)]
        if arguments != ("deps",):
            places += ["--target-path", str(self.artifacts(target, shared=shared))]
        if shared:
            places += ["--vars", "{tailrace_schema: control}"]
        logs = ["--quiet", "--no-use-colors"]
        if "--log-level-file" not in arguments:
            logs += ["--log-level-file", "none"]
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            done = dbtRunner(callbacks=[listen]).invoke(
                [*arguments, *places, *logs, "--target", target]
            )
        found = getattr(done.result, "results", None) or []
        messages = [str(each.message) for each in found if getattr(each, "message", None)]
        return Outcome(
            success=done.success,
            statuses={each.node.name: str(each.status) for each in found if hasattr(each, "node")},
            text="\n".join([*said, *messages, str(done.exception or ""), printed.getvalue()]),
            result=done.result,
        )

    def build(self, select: str, *flags: str, command: str = "build") -> Outcome:
        """Build models, which must succeed."""
        outcome = self.dbt(*command.split(), "--select", *select.split(), *flags)
        assert outcome.success, outcome.text
        return outcome

    @contextmanager
    def warehouse(self) -> Iterator[Warehouse]:
        """Connect as the runner does."""
        with closing(connect(self.profile)) as warehouse:
            yield warehouse

    @property
    def schema(self) -> ControlSchema:
        """Where the control tables are."""
        database = None if self.engine == "postgres" else self.profile.database
        return ControlSchema(database=database, schema=SCHEMA.schema, target="test")

    def execute(self, *statements: str) -> None:
        """Run SQL in the target's schema."""
        with self.warehouse() as warehouse:
            for statement in statements:
                warehouse.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read rows; relations are named with their schema, `marketing`."""
        with self.warehouse() as warehouse:
            return [tuple(row) for row in warehouse.rows(query)]

    def one(self, query: str) -> Any:  # noqa: ANN401 - whatever the query gives
        """Read one value."""
        return self.rows(query)[0][0]

    def table(self, name: str, query: str) -> None:
        """Make a table hold the rows of a query; its columns stay those of the first one."""
        relation = f"marketing.{name}"
        self.execute(
            "create schema if not exists marketing",
            f"create table if not exists {relation} as {query}",
            f"delete from {relation} where true",
            f"insert into {relation} {query}",
        )

    def people(
        self, numbers: Sequence[int], *, table: str = "raw_people", columns: str = ""
    ) -> None:
        """Fill a table of people: id `u<number>`, name `n<number>`, and further columns."""
        listed = " union all ".join(f"select {number} as i" for number in numbers)
        empty = "select 1 as i from (select 1 as one) as nobody where 1 = 0"
        text = f"cast(i as {'string' if self.engine == 'bigquery' else 'varchar(9)'})"
        self.table(
            table,
            f"select 'u' || {text} as id, 'n' || {text} as name{columns} "
            f"from ({listed or empty}) as numbers",
        )

    def plan(self, name: str) -> list[tuple[str, str]]:
        """The operations of a delta with their keys, in order; the invalid rows last."""
        query = (
            f"select _operation, _record_key from marketing.{name} "
            "order by _ordinal is null, _shard, _ordinal, _record_key"
        )
        return [(str(operation), str(key)) for operation, key in self.rows(query)]

    def payloads(self, name: str) -> dict[str, Any]:
        """What each key of a delta carries."""
        query = f"select _record_key, _payload from marketing.{name} where _payload is not null"
        return {key: json.loads(payload) for key, payload in self.rows(query)}

    def synced(self, name: str) -> dict[str, str]:
        """The synced state: key and status."""
        return dict(self.rows(f"select _record_key, _status from marketing.{name}__synced"))

    def registration(self, name: str) -> Registration:
        """What the control tables say of an activation."""
        with self.warehouse() as warehouse:
            (found,) = registrations(warehouse, self.schema, [name])
            return found

    def settle(
        self,
        *names: str,
        up_to: int | None = None,
        sending: int | None = None,
        rejected: Sequence[RejectedRow] = (),
    ) -> None:
        """Settle deltas as the runner does after it has sent them: whole, or up to an ordinal."""
        with self.warehouse() as warehouse:
            for registration in registrations(warehouse, self.schema, names):
                marks = watermarks(warehouse, self.schema, registration)
                for shard, size in shard_sizes(warehouse, registration, marks).items():
                    place = (warehouse, self.schema, registration, uuid.uuid4().hex, shard)
                    mark_sending(*place, sending or up_to or size)
                    if up_to != 0:
                        settle(*place, up_to or size, rejected)

    def runner(self, command: str, *arguments: str, target: str = "test") -> tuple[int, str, str]:
        """Run the runner in this process: exit code, stdout, stderr."""
        places = ["--project-dir", str(self.folder)]
        if command != "check":  # which asks no warehouse
            places += ["--profiles-dir", str(self.folder), "--target", target]
        handler = signal.getsignal(signal.SIGTERM)
        out, err = io.StringIO(), io.StringIO()
        code = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main([command, *arguments, *places])
            except SystemExit as ended:
                code = int(ended.code or 0)
            finally:
                signal.signal(signal.SIGTERM, handler)
        assert "Traceback" not in err.getvalue()
        return code, out.getvalue(), err.getvalue()

    def push(self, *names: str) -> str:
        """Push activations, which must end well; gives back what the runner says."""
        code, out, err = self.runner("push", *names)
        assert code == 0, out + err
        return out + err

    def profiles(self) -> dict[str, dict[str, object]]:
        """What the stand-in holds: external id and custom attributes."""
        with self.server.sandbox.lock:
            held = self.server.sandbox.state.by_external_id.items()
            return {key: dict(profile.custom_attributes) for key, profile in held}


def create(folder: Path, package: Path, server: Server[Braze], profile: Profile) -> Project:
    """Write a project and its destinations beside its profile, and install the package."""
    add_targets(folder)
    dispatch = wait_shortly(folder, "shop", 0.3)
    (folder / "dbt_project.yml").write_text(yaml.safe_dump({**SETTINGS, "dispatch": dispatch}))
    (folder / "packages.yml").write_text(yaml.safe_dump({"packages": [{"local": str(package)}]}))
    connection = {
        "platform": "braze",
        "url": server.url,
        "api_key": server.api_key,
        "attempts": 2,
        "retry_seconds": 5,
    }
    (folder / "destinations.yml").write_text(yaml.safe_dump({"braze": connection}))
    project = Project(
        folder=folder,
        profile=load(profiles_dir=folder, profile=profile.name, target="test"),
        engine=profile.type,
        server=server,
    )
    project.model("people")
    installed = project.dbt("deps")
    assert installed.success, installed.text
    return project
