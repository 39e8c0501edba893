"""Whether the same source gives the same delta on an engine as on DuckDB, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.support.project import OPEN, Project
from tests.warehouses.golden import AFTER, BEFORE, rows, typed_values

COLUMNS = "_record_key, _identifiers, _payload, _changed, _operation, _invalid_reason"
MODES = ("insert", "update", "upsert", "mirror", "membership", "incremental")
Delta = list[tuple[object, ...]]
Person = tuple[str | None, ...]


def delta_of(project: Project, name: str) -> Delta:
    """What a build planned, invalid rows last."""
    query = (
        f"select _ordinal, {COLUMNS} from marketing.{name} "
        "order by _ordinal is null, _ordinal, _record_key is null, _record_key"
    )
    return project.rows(query)


def _lines(delta: Delta) -> list[str]:
    return str(delta[0][3]).split("\n")


def compare_types(duck: Project, other: Project) -> None:
    """Each value has the same JSON text on both engines, and an unchanged row stays unchanged."""
    sent: dict[str, Delta] = {}
    name = f"typed_{other.engine}"  # what DuckDB was compared with before has a state of its own
    for project in (duck, other):
        values = typed_values(project.engine, other.engine)
        listed = ", ".join(f"{sql} as {name}" for name, sql in values.items())
        key = "cast('k' as varchar(9))"
        project.execute("drop table if exists marketing.raw_types cascade")
        project.table("raw_types", f"select {key} as id, {listed}")
        project.model("types")
        project.activation(name, "ref('types')", attributes=None)
        project.build(f"types {name}", command="run")
        sent[project.engine] = delta_of(project, name)
        project.settle(name)
        project.build(name, command="run")
        assert project.plan(name) == []
        project.remove("types", name)
    assert _lines(sent[other.engine]) == _lines(sent["duckdb"])
    assert sent[other.engine] == sent["duckdb"]
    payload = json.loads(str(sent[other.engine][0][3]), parse_constant=_no_number)
    assert payload.keys() == typed_values("duckdb", other.engine).keys()


def _no_number(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def compare_rows(
    duck: Project, other: Project, stages: Sequence[Sequence[Person]] = (BEFORE, AFTER)
) -> None:
    """New, changed, nulled, gone, moved and invalid rows give the same delta in every mode."""
    names = {mode: f"{other.engine}_{mode}" for mode in MODES}
    deltas: dict[str, list[Delta]] = {}
    for project in (duck, other):
        for mode, name in names.items():
            events = mode == "incremental"
            attributes = {'First "name"\\': "name", "amount": "amount"}
            project.activation(
                name,
                "ref('golden')",
                sync_mode=mode,
                identifiers={"external_id": "ext"},
                attributes={"time": "happened_at", **attributes} if events else attributes,
                lookback=100_000,
                guards=OPEN,
            )
        project.model("golden")
        deltas[project.engine] = []
        for people in stages:
            project.table("raw_golden", rows(project.engine, people))
            project.build(f"golden {other.engine}_*", command="run")
            deltas[project.engine] += [
                delta_of(project, f"{other.engine}_{mode}") for mode in MODES
            ]
            project.settle(*(f"{other.engine}_{mode}" for mode in MODES))
        project.remove("golden", *(f"{other.engine}_{mode}" for mode in MODES))
    assert deltas[other.engine] == deltas["duckdb"]
    assert all(deltas[other.engine])
