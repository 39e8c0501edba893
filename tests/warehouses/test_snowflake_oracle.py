"""The property test on Snowflake."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle.histories import TIME_LIMIT, histories, report

pytestmark = TIME_LIMIT


def test_destination_holds_what_the_design_says_on_snowflake(
    project_root: Path, snowflake_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Snowflake plans and sends what the oracle says, as DuckDB and PostgreSQL do."""
    target = (
        "type: snowflake, account: fakesnow, user: fake, password: a-made-up-password, "
        f"host: localhost, port: {snowflake_port}, protocol: http, database: HISTORIES, "
        "schema: {schema}, warehouse: WH, threads: 1"
    )
    report(histories(target, project_root, few=4, start=177), "Snowflake", capsys)
