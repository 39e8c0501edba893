"""The oracle's histories on Snowflake: TAILRACE_ORACLE_SNOWFLAKE=1, as a cycle takes a minute."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.oracle.test_oracle import CYCLES, HISTORIES, _histories

WANTED = os.environ.get("TAILRACE_ORACLE_SNOWFLAKE")


@pytest.mark.skipif(not WANTED, reason="TAILRACE_ORACLE_SNOWFLAKE is not set")
@pytest.mark.timeout(600 * CYCLES * HISTORIES)
def test_destination_holds_what_the_design_says(snowflake_port: int, project_root: Path) -> None:
    """Snowflake plans and sends what the oracle says, whatever happened before."""
    target = (
        "type: snowflake, account: fakesnow, user: fake, password: made-up, host: localhost, "
        f"port: {snowflake_port}, protocol: http, database: ORACLE, schema: {{schema}}, "
        "warehouse: WH, threads: 1"
    )
    tally = _histories(target, project_root)
    assert tally.steps == CYCLES * HISTORIES
