"""The property test on BigQuery."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.oracle.changes import VALUES
from tests.oracle.histories import TIME_LIMIT, histories, report
from tests.warehouses.bigquery.emulator import bigquery_output

pytestmark = TIME_LIMIT


def test_destination_holds_what_the_design_says_on_bigquery(
    bigquery_port: int,
    project_root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """BigQuery plans and sends what the oracle says, as DuckDB and PostgreSQL do."""
    # A NUMERIC keeps no zeros at its end.
    amounts: list[str | None] = ["1.25", "-0.01", "123456789012345678.91", None]
    monkeypatch.setitem(VALUES, "amount", amounts)
    output = bigquery_output(bigquery_port, "SCHEMA")
    target = yaml.safe_dump(output, default_flow_style=True, width=1000).strip()[1:-1]
    target = target.replace("SCHEMA", "{schema}")
    report(histories(target, project_root, few=2), "BigQuery", capsys)
