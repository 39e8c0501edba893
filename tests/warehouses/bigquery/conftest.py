"""A stand-in of BigQuery, and a dbt project on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.sandbox import serve_in_thread
from runner.sandbox.braze import Braze
from tests.support.project import Project, create
from tests.support.warehouses import SCHEMA, written_profile
from tests.warehouses.bigquery.emulator import PROGRAM, bigquery_output
from tests.warehouses.needs import Needs
from tests.warehouses.serving import serve

NEEDS = Needs(
    warehouse="BigQuery",
    packages={"bqemulator": "bqemulator", "dbt.adapters.bigquery": "dbt-bigquery"},
    verb="make test-bigquery",
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what the tests would need."""
    NEEDS.report(terminalreporter)


@pytest.fixture(scope="session")
def bigquery_port() -> Iterator[int]:
    """Start the stand-in for the tests of this run."""
    NEEDS.skip_without()
    with serve(PROGRAM) as port:
        yield port


@pytest.fixture(scope="session")
def big(
    bigquery_port: int, tmp_path_factory: pytest.TempPathFactory, project_root: Path
) -> Iterator[Project]:
    """Write a project on BigQuery and install the package in it."""
    folder = tmp_path_factory.mktemp("big")
    profile = written_profile(folder, bigquery_output(bigquery_port, SCHEMA.schema))
    with serve_in_thread(Braze()) as server:
        yield create(folder, project_root, server, profile)
