"""A dbt project on a Spark of this process."""

from __future__ import annotations

import gc
import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.sandbox import serve_in_thread
from tests.support.project import Project, create
from tests.warehouses.spark.engine import spark_profile, spark_session


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it would be in
        return False


NEEDED = {
    "dbt.adapters.spark": "dbt-spark",
    "pyspark": "pyspark",
    "snowpark_connect_deps_iceberg": "snowpark-connect-deps-iceberg",
}
MISSING = [
    *(package for module, package in NEEDED.items() if not _is_there(module)),
    *([] if os.environ.get("JAVA_HOME") or shutil.which("java") else ["Java 17"]),
]
SKIPPED = f"{' and '.join(MISSING)} must be installed: make test-spark does it, but for Java."
# Rows are merged and deleted: that takes a table format.
FORMAT = {
    "models": {"+file_format": "iceberg"},
    "vars": {"tailrace_file_format": "iceberg"},
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what the tests would need."""
    if MISSING:
        terminalreporter.write_sep("!", "the tests of Spark were skipped", yellow=True)
        terminalreporter.write_line(SKIPPED)


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Let go of the sockets that pyspark leaves open while that is still to be overlooked."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Start Spark for the tests of this run."""
    if MISSING:
        pytest.skip(SKIPPED)
    with spark_session(tmp_path_factory.mktemp("spark-files")) as started:
        yield started


@pytest.fixture(scope="session")
def spark(
    session: object, tmp_path_factory: pytest.TempPathFactory, project_root: Path
) -> Iterator[Project]:
    """Write a project on Spark and install the package in it."""
    folder = tmp_path_factory.mktemp("spark")
    with serve_in_thread() as server:
        project = create(folder, project_root, server, spark_profile(folder))
        file = folder / "dbt_project.yml"
        file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | FORMAT))
        yield project
