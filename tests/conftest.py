"""What every test may use: a private PostgreSQL server, and dbt that keeps to itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbt_common.behavior_flags import BehaviorFlagRendered
from hypothesis import settings

from runner import masking
from tests.support import postgres as server
from tests.support.databases import fresh_database
from tests.support.postgres import Postgres

os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"  # tests talk to loopback only
os.environ["DO_NOT_TRACK"] = "1"
# No test measures time: on a busy machine an example may take as long as it likes.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

WAREHOUSES = Path(__file__).parent / "warehouses"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what needs other packages, unless it is named as `make test-warehouses` does."""
    named = any("tests/warehouses" in argument for argument in config.args)
    return True if collection_path == WAREHOUSES and not named else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the server, and skip it where there is none."""
    missing = server.server_programs() is None
    for item in items:
        if "postgres" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)
        if missing and item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.skip(reason=server.MISSING))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud, on a line of its own, that tests were skipped for want of a server."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(server.MISSING in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.write_sep("!", f"{count} tests of PostgreSQL were skipped", yellow=True)
        terminalreporter.write_line(server.MISSING)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Postgres:
    """Hand out the one server of this run; it is stopped when the run ends or is killed."""
    programs = server.server_programs()
    assert programs, server.MISSING
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        return server.shared(programs, base.parent, owner=os.getppid())
    return server.shared(programs, base, owner=os.getpid())


@pytest.fixture
def postgres_database(postgres: Postgres) -> Iterator[Postgres]:
    """Hand out a fresh database of the test's own."""
    with fresh_database(postgres) as database:
        yield database


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget after each test what it let the process mask."""
    monkeypatch.setattr(masking, "_known", set(masking._known))
    monkeypatch.setattr(masking, "_mask", masking._mask)


@pytest.fixture(scope="session", autouse=True)
def quick_adapters() -> Iterator[None]:
    """Let dbt not search its callers for every flag of every adapter made so far.

    In a process that makes many adapters, that is most of the time that it takes.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BehaviorFlagRendered, "_default_source", lambda *_: "unknown")
        yield


@pytest.fixture(scope="session")
def project_root() -> Path:
    """Name the folder that holds the dbt project and the Python project."""
    return Path(__file__).parents[1]
