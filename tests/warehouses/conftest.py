"""A stand-in of Snowflake, and a dbt project on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.sandbox import serve_in_thread
from runner.sandbox.braze import Braze
from tests.support.project import Project, create
from tests.support.warehouses import duckdb_profile
from tests.warehouses.fakesnow_server import PROGRAM, snowflake_profile
from tests.warehouses.needs import Needs
from tests.warehouses.serving import serve

NEEDS = Needs(
    warehouse="Snowflake",
    packages={"fakesnow": "fakesnow[server]", "dbt.adapters.snowflake": "dbt-snowflake"},
    verb="make test-warehouses",
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what the tests would need."""
    NEEDS.report(terminalreporter)


@pytest.fixture(scope="session")
def snowflake_port() -> Iterator[int]:
    """Start the stand-in for the tests of this run."""
    NEEDS.skip_without()
    with serve(PROGRAM) as port:
        yield port


@pytest.fixture(scope="session")
def snow(
    snowflake_port: int, tmp_path_factory: pytest.TempPathFactory, project_root: Path
) -> Iterator[Project]:
    """Write a project on Snowflake and install the package in it."""
    folder = tmp_path_factory.mktemp("snow")
    profile = snowflake_profile(folder, snowflake_port, "SHOP")
    with serve_in_thread(Braze()) as server:
        yield create(folder, project_root, server, profile)


@pytest.fixture(scope="session")
def duck(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> Iterator[Project]:
    """Write the same project on DuckDB, which other engines are compared with."""
    folder = tmp_path_factory.mktemp("duck")
    with serve_in_thread(Braze()) as server:
        yield create(folder, project_root, server, duckdb_profile(folder))
