"""A dbt project on a Spark of this process."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.sandbox import serve_in_thread
from runner.sandbox.braze import Braze
from tests.support.project import Project, create
from tests.warehouses.needs import Needs
from tests.warehouses.spark.engine import spark_profile, spark_session

NEEDS = Needs(
    warehouse="Spark",
    packages={
        "dbt.adapters.spark": "dbt-spark",
        "pyspark": "pyspark",
        "snowpark_connect_deps_iceberg": "snowpark-connect-deps-iceberg",
    },
    verb="make test-spark",
    programs=() if os.environ.get("JAVA_HOME") or shutil.which("java") else ("Java 17",),
)
# Rows are merged and deleted: that takes a table format.
FORMAT = {
    "models": {"+file_format": "iceberg"},
    "vars": {"tailrace_file_format": "iceberg"},
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what the tests would need."""
    NEEDS.report(terminalreporter)


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Let go of the sockets that pyspark leaves open while that is still to be overlooked."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Start Spark for the tests of this run."""
    NEEDS.skip_without()
    with spark_session(tmp_path_factory.mktemp("spark-files")) as started:
        yield started


@pytest.fixture(scope="session")
def spark(
    session: object, tmp_path_factory: pytest.TempPathFactory, project_root: Path
) -> Iterator[Project]:
    """Write a project on Spark and install the package in it."""
    folder = tmp_path_factory.mktemp("spark")
    with serve_in_thread(Braze()) as server:
        project = create(folder, project_root, server, spark_profile(folder))
        file = folder / "dbt_project.yml"
        file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | FORMAT))
        yield project
