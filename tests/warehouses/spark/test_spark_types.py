"""The same source gives the same delta on Spark as on DuckDB, in an odd time zone."""

from __future__ import annotations

import json

import pytest

from tests.support.project import Project
from tests.warehouses.comparing import compare_rows, delta_of
from tests.warehouses.spark.values import (
    NESTED_TIMES,
    SPELLED,
    VALUES,
    WRITTEN_TIMES,
    listed,
)

# pyspark's own, not the runner's
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


def _sent(project: Project, name: str, columns: str) -> str:
    """Build an activation of one row; an unchanged row must stay unchanged."""
    project.table(f"raw_{name}", f"select 'k' as id, {columns}")
    project.model(name)
    project.activation(f"typed_{name}", f"ref('{name}')", attributes=None)
    project.build(f"{name} typed_{name}", command="run")
    payload = str(delta_of(project, f"typed_{name}")[0][3])
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
    """The least float is the same number, and no nested time follows the session."""
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
    compare_rows(duck, spark)
