"""The property test on DuckDB and PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle.histories import TIME_LIMIT, histories, on_postgres, report
from tests.support.postgres import Postgres

pytestmark = TIME_LIMIT


def test_destination_holds_what_the_design_says_on_duckdb(
    project_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever happened before, a sound build and push leave the destination as section 4 says."""
    target = "type: duckdb, path: {folder}/company.duckdb, schema: {schema}, threads: 1"
    report(histories(target, project_root), "DuckDB", capsys)


@pytest.mark.postgres
def test_destination_holds_what_the_design_says_on_postgres(
    project_root: Path, postgres_database: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    """PostgreSQL plans and sends the same."""
    target = on_postgres(postgres_database)
    report(histories(target, project_root), "PostgreSQL", capsys)
