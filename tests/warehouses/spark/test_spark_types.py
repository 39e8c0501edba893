"""The same source gives the same delta on Spark as on DuckDB, in an odd time zone."""

from __future__ import annotations

import json

import pytest

from tests.support.project import OPEN, Project
from tests.warehouses.golden import AFTER, BEFORE, rows
from tests.warehouses.spark.values import (
    NESTED_TIMES,
    SPELLED,
    VALUES,
    WRITTEN_TIMES,
    listed,
    people,
)

# pyspark's own, not the runner's
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
COLUMNS = "_record_key, _identifiers, _payload, _changed, _operation, _invalid_reason"
MODES = ("insert", "update", "upsert", "mirror", "membership", "incremental")
Delta = list[tuple[object, ...]]


def _delta(project: Project, name: str) -> Delta:
    query = (
        f"select _ordinal, {COLUMNS} from marketing.{name} "
        "order by _ordinal is null, _ordinal, _record_key is null, _record_key"
    )
    return project.rows(query)


def _sent(project: Project, name: str, columns: str) -> str:
    """Build an activation of one row; an unchanged row must stay unchanged."""
    project.table(f"raw_{name}", f"select 'k' as id, {columns}")
    project.model(name)
    project.activation(f"typed_{name}", f"ref('{name}')", attributes=None)
    project.build(f"{name} typed_{name}", command="run")
    payload = str(_delta(project, f"typed_{name}")[0][3])
    project.settle(f"typed_{name}")
    project.build(f"typed_{name}", command="run")
    assert project.plan(f"typed_{name}") == []
    project.remove(name, f"typed_{name}")
    return payload


def test_every_type(duck: Project, spark: Project) -> None:
    """Each value has the same JSON text on both engines."""
    own, other = (
        _sent(project, "kinds", listed(VALUES, place))
        for place, project in enumerate((spark, duck))
    )
    assert own.split("\n") == other.split("\n")
    assert json.loads(own, parse_constant=pytest.fail).keys() == VALUES.keys()


def test_spelled_otherwise(duck: Project, spark: Project) -> None:
    """Floats with an exponent are the same numbers, and no nested time follows the session."""
    own, other = (
        _sent(project, "floats", listed(SPELLED, place))
        for place, project in enumerate((spark, duck))
    )
    assert json.loads(own) == json.loads(other)
    times = _sent(spark, "times", f"{NESTED_TIMES} as nested")
    assert WRITTEN_TIMES in times


def test_what_is_no_number_is_invalid(spark: Project) -> None:
    """JSON has no word for it."""
    spark.table("raw_nan", "select 'k' as id, cast('NaN' as double) as share")
    spark.model("nan")
    spark.activation("not_numbers", "ref('nan')", attributes=["share"])
    spark.build("nan not_numbers", command="run")
    assert spark.plan("not_numbers") == [("invalid", "k")]


def test_every_mode_and_row(duck: Project, spark: Project) -> None:
    """New, changed, nulled, gone, moved and invalid rows give the same delta in every mode."""
    deltas: dict[str, list[Delta]] = {}
    for project in (duck, spark):
        for mode in MODES:
            events = mode == "incremental"
            attributes = {'First "name"\\': "name", "amount": "amount"}
            project.activation(
                f"golden_{mode}",
                "ref('golden')",
                sync_mode=mode,
                identifiers={"external_id": "ext"},
                attributes={"time": "happened_at", **attributes} if events else attributes,
                lookback=100_000,
                guards=OPEN,
            )
        project.model("golden")
        deltas[project.engine] = []
        for stage in (BEFORE, AFTER):
            query = people(stage) if project.engine == "spark" else rows("duckdb", stage)
            project.table("raw_golden", query)
            project.build("golden golden_*", command="run")
            deltas[project.engine] += [_delta(project, f"golden_{mode}") for mode in MODES]
            project.settle(*(f"golden_{mode}" for mode in MODES))
        project.remove("golden", *(f"golden_{mode}" for mode in MODES))
    assert deltas["spark"] == deltas["duckdb"]
    assert all(deltas["spark"])
