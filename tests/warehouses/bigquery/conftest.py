"""A stand-in of BigQuery, and a dbt project on it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.sandbox import serve_in_thread
from tests.support.project import Project, create
from tests.support.warehouses import SCHEMA, duckdb_profile, written_profile
from tests.warehouses.bigquery.emulator import bigquery_output, serve_bigquery

NEEDED = {"bqemulator": "bqemulator", "dbt.adapters.bigquery": "dbt-bigquery"}


def _missing() -> list[str]:
    """Packages that are not there; `dbt` itself may be missing."""
    missing = []
    for module, package in NEEDED.items():
        try:
            found = importlib.util.find_spec(module)
        except ModuleNotFoundError:
            found = None
        if found is None:
            missing.append(package)
    return missing


MISSING = _missing()
SKIPPED = f"{' and '.join(MISSING)} must be installed: make test-bigquery does it."


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud which packages the tests would need."""
    if MISSING:
        terminalreporter.write_sep("!", "the tests of BigQuery were skipped", yellow=True)
        terminalreporter.write_line(SKIPPED)


@pytest.fixture(scope="session")
def bigquery_port() -> Iterator[int]:
    """Start the stand-in for the tests of this run."""
    if MISSING:
        pytest.skip(SKIPPED)
    with serve_bigquery() as port:
        yield port


@pytest.fixture(scope="session")
def big(
    bigquery_port: int, tmp_path_factory: pytest.TempPathFactory, project_root: Path
) -> Iterator[Project]:
    """Write a project on BigQuery and install the package in it."""
    folder = tmp_path_factory.mktemp("big")
    profile = written_profile(folder, bigquery_output(bigquery_port, SCHEMA.schema))
    with serve_in_thread() as server:
        yield create(folder, project_root, server, profile)


@pytest.fixture(scope="session")
def duck(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> Iterator[Project]:
    """Write the same project on DuckDB, which BigQuery is compared with."""
    folder = tmp_path_factory.mktemp("duck")
    with serve_in_thread() as server:
        yield create(folder, project_root, server, duckdb_profile(folder))
