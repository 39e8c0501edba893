"""One dbt project an engine, for all tests of the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from runner.sandbox import serve_in_thread
from runner.sandbox.braze import Braze
from tests.support.databases import fresh_database
from tests.support.project import Project, create
from tests.support.warehouses import duckdb_profile, postgres_profile


@pytest.fixture(
    scope="session", params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, project_root: Path
) -> Iterator[Project]:
    """Write a project and install the package in it."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("shop")
        if request.param == "postgres":
            server = request.getfixturevalue("postgres")
            profile = postgres_profile(folder, stack.enter_context(fresh_database(server)))
        else:
            profile = duckdb_profile(folder)
        destination = stack.enter_context(serve_in_thread(Braze()))
        yield create(folder, project_root, destination, profile)
