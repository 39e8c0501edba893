"""A person's pause is never lost to a push that ends at the same instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from runner.circuit import Circuit, circuit_of, counted, pause, resume
from runner.control import Registration
from runner.report import RunResult
from runner.warehouse import Warehouse, connect
from tests.support.postgres import Postgres
from tests.support.warehouses import (
    SCHEMA,
    NeverCommits,
    all_rows,
    built,
    create_control_tables,
    duckdb_profile,
    postgres_profile,
)

FAILED = RunResult(status="failed", cause="tls", message="braze_vips: TLS failed.")
DONE = RunResult(status="done")


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    """Hand out a DuckDB with empty control tables."""
    with closing(connect(duckdb_profile(tmp_path))) as connection:
        create_control_tables(connection)
        yield connection


def end(warehouse: Warehouse, registration: Registration, result: RunResult) -> None:
    """Count how a push ended."""
    counted(warehouse, SCHEMA, registration, result, 3)


def test_a_push_that_fails_meanwhile(postgres_database: Postgres, tmp_path: Path) -> None:
    """Neither sees the other's row, both stay, and the pause holds until a person ends it."""
    profile = postgres_profile(tmp_path, postgres_database)
    with closing(connect(profile)) as person, closing(connect(profile)) as push:
        create_control_tables(person)
        one = built(person)
        with push.transaction():
            end(push, one, FAILED)
            pause(person, SCHEMA, one, "ada@laptop")
        for result in (FAILED, FAILED, DONE):
            assert circuit_of(push, SCHEMA, one).paused_by == "ada@laptop"
            end(push, one, result)
        assert all_rows(push, "tailrace_circuits", "paused_by, failures") == [("ada@laptop", 0)]
        resume(person, SCHEMA, one)
        assert circuit_of(push, SCHEMA, one) == Circuit()


class _EndsWell(NeverCommits):
    """A warehouse where a push ends well, and clears the row, just before each update."""

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        if sql.startswith("update"):
            super().execute("delete from marketing.tailrace_circuits where paused_at is null")
        return super().execute(sql, parameters)


def test_a_push_that_ends_well_meanwhile(warehouse: Warehouse) -> None:
    """What it deletes is written again."""
    one = built(warehouse)
    end(warehouse, one, FAILED)
    racing = _EndsWell(warehouse, transactional=True)
    assert pause(racing, SCHEMA, one, "ada@laptop").paused_by == "ada@laptop"
    assert all_rows(warehouse, "tailrace_circuits", "paused_by, failures") == [("ada@laptop", 0)]


@pytest.mark.parametrize("backwards", [False, True])
def test_the_row_that_counts(warehouse: Warehouse, *, backwards: bool) -> None:
    """A person's pause first, then the system's, then the most failures, in whatever order."""
    one = built(warehouse)
    rows = [(1, None), (2, None), (0, "tailrace"), (0, "ada@laptop")]
    for failures, who in reversed(rows) if backwards else rows:
        warehouse.execute(
            "insert into marketing.tailrace_circuits (relation, failures, paused_at, paused_by) "
            "values (?, ?, case when ? is null then null else timestamp '2026-03-01 09:30:00' end, "
            "?)",
            [one.relation, failures, who, who],
        )
    found = []
    while circuit_of(warehouse, SCHEMA, one) != Circuit():
        first = circuit_of(warehouse, SCHEMA, one)
        found.append((first.failures, first.paused_by))
        warehouse.execute(
            "delete from marketing.tailrace_circuits "
            "where failures = ? and paused_by is not distinct from ?",
            list(found[-1]),
        )
    assert found == list(reversed(rows))
