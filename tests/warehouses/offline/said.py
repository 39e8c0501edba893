"""What dbt says to a warehouse in one dialect, taken down without the warehouse."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from tests.warehouses.offline.project import COLUMNS, offline_project


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Each statement and the node that issued it, where the second build begins, compiled SQL."""

    dialect: str
    statements: list[str]
    nodes: list[str]
    second: int
    compiled: dict[str, str]


def missing(dialect: str) -> str | None:
    """Return the package of dbt's adapter, if it is not installed."""
    return None if importlib.util.find_spec(f"dbt.adapters.{dialect}") else f"dbt-{dialect}"


def say(dialect: str, folder: Path, package: Path) -> Said:
    """Build twice, and compile without introspection."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")  # of the adapters' own dependencies
        from tests.warehouses.offline.recorder import Recorder, recording

        if not importlib.util.find_spec("pyspark"):
            # dbt-spark only asks whether it is there
            patch.setitem(sys.modules, "pyspark", ModuleType("pyspark"))
        project = offline_project(folder, package, dialect)
        recorder = Recorder(dialect, COLUMNS[dialect])
        with recording(recorder):
            for _ in ("first", "second"):
                recorder.next_build()
                built = project.dbt("build", "--threads", "1")
                assert built.success, built.text
        done = project.dbt("compile", "--no-introspect", "--no-populate-cache")
        assert done.success, done.text
    return Said(
        dialect=dialect,
        statements=recorder.statements,
        nodes=recorder.nodes,
        second=recorder.start,
        compiled=_compiled(done.result),
    )


def _compiled(result: object) -> dict[str, str]:
    nodes = [each.node for each in getattr(result, "results", [])]
    return {node.name: node.compiled_code for node in nodes if node.resource_type == "model"}
