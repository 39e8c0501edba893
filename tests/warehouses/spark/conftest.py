"""A dbt project on a Spark of this process."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.sandbox import serve_in_thread
from tests.support.project import Project, create
from tests.warehouses.spark.engine import spark_profile, spark_session

NEEDED = {
    "dbt.adapters.spark": "dbt-spark",
    "pyspark": "pyspark",
    "snowpark_connect_deps_iceberg": "snowpark-connect-deps-iceberg",
}
# Rows are merged and deleted: that takes a table format.
FORMAT = {
    "models": {"+file_format": "iceberg"},
    "vars": {"tailrace_file_format": "iceberg"},
}


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Start Spark for the tests of this run."""
    missing = [name for module, name in NEEDED.items() if not importlib.util.find_spec(module)]
    if missing:
        pytest.skip(f"{' and '.join(missing)} must be installed: make test-warehouses does it.")
    with spark_session(tmp_path_factory.mktemp("spark-files")) as started:
        yield started


@pytest.fixture(scope="session")
def spark(
    session: Any, tmp_path_factory: pytest.TempPathFactory, project_root: Path
) -> Iterator[Project]:
    """Write a project on Spark and install the package in it."""
    folder = tmp_path_factory.mktemp("spark")
    with serve_in_thread() as server:
        project = create(folder, project_root, server, spark_profile(folder))
        file = folder / "dbt_project.yml"
        file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | FORMAT))
        yield project
