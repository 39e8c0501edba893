"""A role of PostgreSQL with the grants that docs/security.md shows, and no others, is enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg2
import pytest
import yaml
from psycopg2 import errors

from tests.support.alerts import Hook
from tests.support.checked_role import checked_role
from tests.support.destination import serving
from tests.support.postgres import Postgres
from tests.support.project import Project

BLOCK = re.compile(r"```sql\n-- postgres: ([^\n]*)\n(.*?)```", re.DOTALL)
POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """The runner's own role in the database of a project, and the documented statements."""

    shop: Project
    role: Postgres
    blocks: dict[str, str]

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


@pytest.fixture
def runner(shop: Project, project_root: Path) -> Iterator[Runner]:
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
        yield Runner(shop=shop, role=role, blocks=dict(BLOCK.findall(page)))
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


@pytest.mark.parametrize("shop", [POSTGRES], indirect=True)
def test_the_documented_grants_are_enough(runner: Runner, hook: Hook) -> None:
    """Push, plan, status, approve, resolve and forget work, after a second build too."""
    build(runner)
    assert runner.refused("select 1 from marketing.tailrace_runs")
    runner.grant("once")
    runner.grant("for each activation", "gr", "gr_events")
    runner.run("plan", "gr*", "--show-values")
    runner.run("status", "gr*")
    runner.push(hook, "--dry-run")
    runner.push(hook)
    build_again(runner)
    assert "held" in runner.push(hook, code=3)
    runner.run("approve", "gr")
    runner.push(hook, code=1)
    assert len(hook.requests) == 2  # it began, and ended
    runner.shop.server.sandbox.refuse()
    decide(runner)
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
