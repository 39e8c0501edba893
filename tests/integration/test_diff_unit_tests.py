"""The delta's SQL, row by row: dbt's own unit tests of the macro `diff`, on every engine."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.cli.main import dbtRunner

from runner.profiles import Profile
from runner.warehouse import connect
from tests.support.warehouses import ENGINES, SCHEMA, engine_profile

# Record key, operation, row hash, refusals, code, whether a later delta settled it.
REFUSALS = [
    ("rests", "delete", "7", 3, "400", False),
    ("refused_twice", "delete", "7", 2, "400", False),
    ("changed_since", "delete", "6", 3, "400", False),
    ("refused_as_insert", "insert", "7", 3, "400", False),
    ("settled_since", "delete", "7", 3, "400", True),
    ("held_back", "delete", "7", 3, "not_sent", False),
    ("refused_before", "insert", "7", 3, "400", False),
]


@pytest.fixture(params=ENGINES)
def profile(request: pytest.FixtureRequest, tmp_path: Path) -> Profile:
    """Write a profile of each engine."""
    return engine_profile(request, tmp_path)


def _dbt(folder: Path, *arguments: str) -> Sequence[Any]:
    places = ["--project-dir", str(folder), "--profiles-dir", str(folder)]
    options = ["--quiet", "--log-level-file", "none", "--no-use-colors"]
    done = dbtRunner().invoke([*arguments, *places, *options])
    assert done.exception is None, done.exception
    results: Sequence[Any] = getattr(done.result, "results", [])
    return results


def _refuse(profile: Profile) -> None:
    """Plant what the destination refused before, of the relation `None`: a unit test has none."""
    with closing(connect(profile)) as warehouse:
        rejected = SCHEMA.table(warehouse, "tailrace_rejected_rows")
        for key, operation, row_hash, count, code, settled in REFUSALS:
            resolved_at = warehouse.now if settled else "null"
            for _ in range(count):
                warehouse.execute(
                    f"insert into {rejected} (relation, record_key, operation, row_hash, code, "
                    f"resolved_at) values ('None', ?, ?, ?, ?, {resolved_at})",
                    [key, operation, row_hash, code],
                )


def test_every_promise_of_the_diff(profile: Profile, tmp_path: Path, project_root: Path) -> None:
    """Given rows of the model and of the synced state, the delta is what the design says."""
    folder = tmp_path / "diff_tests"
    shutil.copytree(project_root / "tests" / "dbt" / "diff_tests", folder)
    shutil.copy(tmp_path / "profiles.yml", folder)
    packages = {"packages": [{"local": str(project_root)}]}
    (folder / "packages.yml").write_text(yaml.safe_dump(packages))
    _dbt(folder, "deps")
    assert {str(each.status) for each in _dbt(folder, "run", "--exclude", "delta")} == {"success"}
    _refuse(profile)

    results = _dbt(folder, "test", "--select", "test_type:unit")
    cases = [each for each in results if each.node.resource_type == "unit_test"]
    failures = [f"{each.node.name}: {each.message}" for each in cases if each.status != "pass"]
    assert cases
    assert not failures, "\n".join(failures)
