"""The same source gives the same delta on BigQuery as on DuckDB, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from tests.support.project import OPEN, Project
from tests.warehouses.bigquery.values import OTHERWISE, typed_values
from tests.warehouses.comparing import Delta, Person, compare_rows, delta_of
from tests.warehouses.golden import AFTER, BEFORE

FEW = 6  # attributes of an activation
NOT_FINITE = ("NaN", "+inf", "-inf")


def _lines(deltas: list[Delta]) -> dict[str, str]:
    """The JSON text of each attribute, which stands alone on its line."""
    lines = [line for delta in deltas for line in str(delta[0][3]).split("\n")]
    return dict(line[1:].split('":', 1) for line in lines if line.startswith('"'))


def _people(people: Sequence[Person]) -> list[Person]:
    """Amounts that end in no zero, which BigQuery would leave out."""
    return [(*row[:3], f"{row[3][0]}.25" if row[3] else None, row[4]) for row in people]


def test_every_type(duck: Project, big: Project) -> None:
    """Each value has the same JSON text on both engines, and an unchanged row stays unchanged."""
    sent: dict[str, list[Delta]] = {}
    for project in (duck, big):
        quote = "`" if project.engine == "bigquery" else '"'  # `no` is a word of BigQuery's
        values = typed_values(project.engine)
        listed = ", ".join(f"{sql} as {quote}{name}{quote}" for name, sql in values.items())
        project.table("raw_types", f"select 'k' as id, {listed}")
        # The stand-in forgets columns of structs under a star.
        columns = ", ".join(f"{quote}{name}{quote}" for name in ("id", *values))
        project.write("models/types.sql", f"select {columns} from marketing.raw_types")
        # The stand-in does not get to the end of a statement with many attributes.
        names = [f"typed_{start}" for start in range(0, len(values), FEW)]
        for start, name in zip(range(0, len(values), FEW), names, strict=True):
            attributes = list(values)[start : start + FEW]
            project.activation(name, "ref('types')", attributes=attributes)
        project.build("types typed_*", command="run")
        sent[project.engine] = [delta_of(project, name) for name in names]
        project.settle(*names)
        project.build("typed_*", command="run")
        assert [project.plan(name) for name in names] == [[]] * len(names)
        project.remove("types", *names)
    found = {engine: _lines(deltas) for engine, deltas in sent.items()}
    assert found["bigquery"] == found["duckdb"] | OTHERWISE
    assert found["bigquery"].keys() == typed_values("bigquery").keys()
    for (delta,) in sent["bigquery"]:
        json.loads(str(delta[3]), parse_constant=pytest.fail)
    others = {engine: [row[:3] + row[4:] for (row,) in deltas] for engine, deltas in sent.items()}
    assert others["bigquery"] == others["duckdb"]


def test_not_finite(big: Project) -> None:
    """A float that JSON cannot hold makes its row invalid, and no other."""
    floats = [f"select '{text}' as id, cast('{text}' as float64) as f" for text in NOT_FINITE]
    big.table("raw_floats", " union all ".join([*floats, "select 'ok', 1.5"]))
    big.model("floats")
    big.activation("floating", "ref('floats')", attributes=["f"], guards=OPEN)
    big.build("floats floating", command="run")
    assert sorted(big.plan("floating")) == [
        ("insert", "ok"),
        *(("invalid", text) for text in sorted(NOT_FINITE)),
    ]
    big.remove("floats", "floating")


def test_every_mode_and_row(duck: Project, big: Project) -> None:
    """New, changed, nulled, gone, moved and invalid rows give the same delta in every mode."""
    compare_rows(duck, big, (_people(BEFORE), _people(AFTER)))
