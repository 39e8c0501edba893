"""Random histories on BigQuery; TAILRACE_ORACLE_CYCLES and the others make them longer."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import yaml

from tests.oracle import test_oracle
from tests.oracle.changes import VALUES
from tests.warehouses.bigquery.emulator import bigquery_output

FEW = 2


@pytest.mark.timeout(0)  # two hundred builds of an activation take their time
def test_destination_holds_what_the_design_says(
    bigquery_port: int,
    project_root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """BigQuery plans and sends what the others do."""
    # A NUMERIC keeps no zeros at its end.
    amounts: list[str | None] = ["1.25", "-0.01", "123456789012345678.91", None]
    monkeypatch.setitem(VALUES, "amount", amounts)
    monkeypatch.setattr(
        test_oracle, "CYCLES", int(os.environ.get("TAILRACE_ORACLE_CYCLES", str(FEW)))
    )
    output = bigquery_output(bigquery_port, "SCHEMA")
    target = yaml.safe_dump(output, default_flow_style=True, width=1000).strip()[1:-1]
    tally = test_oracle.histories(target.replace("SCHEMA", "{schema}"), project_root)
    assert tally.steps
    with capsys.disabled():
        sys.stdout.write(f"\nBigQuery: {tally.steps} cycles of change, build and push a mode\n")
