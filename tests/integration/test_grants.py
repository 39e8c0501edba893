"""A role of PostgreSQL needs the grants that docs/security.md shows: all of them, and no others."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg2
import pytest
import yaml
from psycopg2 import errors

from runner.jobs import Jobs
from runner.profiles import load
from runner.warehouse import connect, placeholders
from runner.warehouse.postgres import PostgresWarehouse
from tests.support.alerts import Hook
from tests.support.bench import page_of
from tests.support.checked_role import checked_role
from tests.support.destination import serving
from tests.support.postgres import Postgres
from tests.support.project import Project

RIGHTS = """
select table_name, lower(privilege_type), '' from information_schema.table_privileges
where grantee = '{role}'
union all
select table_name, lower(privilege_type), column_name from information_schema.column_privileges
where grantee = '{role}' and (table_name, privilege_type) not in (
    select table_name, privilege_type from information_schema.table_privileges
    where grantee = '{role}'
)
"""
BLOCK = re.compile(r"```sql\n-- postgres: ([^\n]*)\n(.*?)```", re.DOTALL)
VERBS = {"select", "insert", "update", "delete"}
POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """The runner's own role in the database of a project, and the documented statements.

    `ran` are the statements that the runner ran as that role.
    """

    shop: Project
    role: Postgres
    blocks: dict[str, str]
    ran: set[tuple[str, tuple[object, ...]]]

    def grant(self, kind: str, *activations: str) -> None:
        """Run the documented block whose title begins so, for these activations."""
        (block,) = (sql for title, sql in self.blocks.items() if title.startswith(kind))
        for name in activations or ("",):
            statements = (
                block.replace("analytics", f'"{self.role.dbname}"')
                .replace("activations.", "marketing.")
                .replace("schema activations", "schema marketing")
                .replace("braze_customers", name)
                .replace("tailrace_runner", self.role.user)
            )
            self.shop.execute(*filter(str.strip, statements.split(";")))

    def push(self, hook: Hook, *arguments: str, code: int = 0) -> str:
        """Push the records as its role, and tell a channel what stands in the way."""
        given = yaml.safe_load((self.shop.folder / "destinations.yml").read_text())
        given["alerts"] = {"ops": {"type": "webhook", "url": hook.url, "on": ["held"]}}
        file = self.shop.folder / "destinations-with-alerts.yml"
        file.write_text(yaml.safe_dump(given))
        return self.run("push", "gr", "--destinations", str(file), *arguments, code=code)

    def run(self, command: str, *arguments: str, code: int = 0) -> str:
        """Run the runner as its role."""
        ended, out, err = self.shop.runner(command, *arguments, target="runner")
        assert ended == code, out + err
        return out + err

    def refused(self, statement: str) -> bool:
        """Whether the role may not do that."""
        with closing(psycopg2.connect(**asdict(self.role))) as connection:
            with suppress(errors.InsufficientPrivilege), connection.cursor() as cursor:
                cursor.execute(statement)
                return False
            return True

    def unneeded(self) -> list[str]:
        """The granted rights without which PostgreSQL would let every statement of `ran` pass."""
        tables: dict[str, list[str]] = defaultdict(list)
        rights = self.shop.rows(RIGHTS.format(role=self.role.user))
        for table, privilege, column in rights:
            what = f"{privilege} ({column})" if column else privilege
            # What one activation does not ask for another one may.
            tables[f"{what} on {table.replace('gr_events', 'gr')}"].append(f"marketing.{table}")
        found = []
        with closing(psycopg2.connect(**asdict(self.role))) as connection:
            connection.autocommit = True
            for right, on in tables.items():
                what, which = right.partition(" on ")[0], ", ".join(on)
                self.shop.execute(f"revoke {what} on {which} from {self.role.user}")
                if self._passes(connection):
                    found.append(right)
                self.shop.execute(f"grant {what} on {which} to {self.role.user}")
        assert tables
        return found

    def _passes(self, connection: psycopg2.extensions.connection) -> bool:
        with connection.cursor() as cursor:
            try:
                for statement, values in self.ran:
                    cursor.execute(f"explain {statement}", values)  # which checks the rights
            except errors.InsufficientPrivilege:
                return False
            return True


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, tuple[object, ...]]]:
    """Collect what is run with the target `runner`."""
    found: set[tuple[str, tuple[object, ...]]] = set()

    def note(name: str) -> None:
        original: Callable[..., object] = getattr(PostgresWarehouse, name)

        def noting(warehouse: PostgresWarehouse, sql: str, values: Sequence[object] = ()) -> object:
            if warehouse._profile.target == "runner" and sql.split(maxsplit=1)[0] in VERBS:
                found.add((placeholders(sql, "%s"), tuple(values)))
            return original(warehouse, sql, values)

        monkeypatch.setattr(PostgresWarehouse, name, noting)

    note("rows")
    note("execute")
    return found


@pytest.fixture
def runner(
    shop: Project, project_root: Path, ran: set[tuple[str, tuple[object, ...]]]
) -> Iterator[Runner]:
    """Make the role, and a target that logs in with it."""
    page = (project_root / "docs" / "security.md").read_text(encoding="utf-8")
    file = shop.folder / "profiles.yml"
    before = file.read_text()
    profiles = yaml.safe_load(before)
    output = profiles["shop"]["outputs"]["test"]
    names = ("host", "port", "user", "password", "dbname")
    server = Postgres(**{name: output[name] for name in names})
    with checked_role(server, "a-password-that-is-asked-for") as role:
        own = {"user": role.user, "password": role.password}
        profiles["shop"]["outputs"]["runner"] = output | own
        file.write_text(yaml.safe_dump(profiles))
        yield Runner(shop=shop, role=role, blocks=dict(BLOCK.findall(page)), ran=ran)
        file.write_text(before)
        shop.remove("gr", "gr_events", "gr_people")
        # Other events that go to the same place are no successors of these.
        shop.execute("delete from marketing.tailrace_activations where activation = 'gr_events'")


@pytest.fixture
def hook() -> Iterator[Hook]:
    """Serve a webhook that takes every message."""
    hook = Hook()
    with serving(hook):
        yield hook


def build(runner: Runner) -> None:
    """Build an activation of records, which an invalid row holds, and one of events."""
    shop = runner.shop
    shop.people([1, 2], table="raw_gr_people", columns=", 'x' as email")
    shop.model("gr_people")
    grants = {"select": [runner.role.user], "delete": [runner.role.user]}
    config = f"{{{{ config(grants={grants}) }}}}"
    people = "ref('gr_people')"
    shop.activation("gr", people, config=config, guards={"max_invalid_share": 0})
    shop.activation(
        "gr_events",
        people,
        config=config,
        service="events",
        sync_mode="incremental",
        attributes={"time": "id"},
        settings={"event_name": "e"},
    )
    shop.build("gr_people gr gr_events")


def build_again(runner: Runner) -> None:
    """One more row, which is refused, and one without a key."""
    runner.shop.server.sandbox.refuse({"u3": "no"})
    runner.shop.people([1, 2, 3], table="raw_gr_people", columns=", 'x' as email")
    runner.shop.execute("insert into marketing.raw_gr_people values (null, 'n', 'x')")
    runner.shop.build("gr_people gr")


def decide(runner: Runner) -> None:
    """Everything that a person may decide."""
    runner.shop.settle("gr_events", up_to=0, sending=1)
    runner.run("resolve", "gr_events", "--resend")
    runner.shop.settle("gr_events", up_to=0, sending=2)
    runner.run("resolve", "gr_events", "--skip")
    for command in ("pause", "resume", "retry"):
        runner.run(command, "gr")


def follow(runner: Runner) -> None:
    """All that a push to a platform of jobs writes down of them."""
    shop = runner.shop
    with closing(connect(load(profiles_dir=shop.folder, profile="shop", target="runner"))) as own:
        jobs = Jobs(own, shop.schema, shop.registration("gr"), "run")
        jobs.add(0, page_of(1), "j1")
        assert [each.job for each in jobs.read()] == ["j1"]
        jobs.settled(0, 0)
        jobs.drop("j1")
        assert jobs.read() == []


@pytest.mark.parametrize("shop", [POSTGRES], indirect=True)
def test_the_documented_grants_are_enough_and_all_are_needed(runner: Runner, hook: Hook) -> None:
    """Push, plan, status, approve, resolve and forget work, after a second build too."""
    build(runner)
    assert runner.refused("select 1 from marketing.tailrace_runs")
    runner.grant("once")
    runner.grant("for each activation", "gr", "gr_events")
    runner.run("plan", "gr*", "--show-values")
    runner.run("status", "gr*")
    runner.push(hook, "--dry-run")
    decisive = "update (approved_at, approved_by) on marketing.tailrace_activations"
    runner.shop.execute(f"revoke {decisive} from {runner.role.user}")
    runner.push(hook, "--shard", "1/2")
    build_again(runner)
    assert "held" in runner.push(hook, code=3)
    runner.run("approve", "gr", code=4)
    runner.shop.execute(f"grant {decisive} to {runner.role.user}")
    runner.run("approve", "gr")
    runner.push(hook, code=1)
    assert len(hook.requests) == 2  # it began, and ended
    runner.shop.server.sandbox.refuse()
    decide(runner)
    follow(runner)
    for statement in (
        "select 1 from marketing.raw_gr_people",
        "select 1 from marketing.gr_people",
        "update marketing.tailrace_activations set hold_reason = null",
        "delete from marketing.tailrace_activations",
        "delete from marketing.tailrace_runs",
        "insert into marketing.gr__synced (_record_key) values ('x')",
        "update marketing.gr set _payload = '{}'",
        "create table marketing.mine (a int)",
    ):
        assert runner.refused(statement), statement
    runner.grant("to forget", "gr", "gr_events")
    runner.run("forget", "gr", "--key", "u2")
    runner.run("forget", "gr_events", "--key", "u1")
    assert runner.unneeded() == []
