"""The SQL that dbt issues in each dialect, as sqlfluff reads it: what an engine would not take."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from sqlfluff.core import FluffConfig, Linter

GOLDEN = Path(__file__).parents[1] / "warehouses" / "golden_sql"
# Where a query could mean another thing than it says, and what nobody uses. Left out are rules of
# layout, case and style, since macros write this and the engines mind none of it, and of names
# that are keywords: one that is reserved does not parse. AM04 wants no `select *`, of which the
# steps consist, and AM09 an order where any one row will do.
RULES = "AM01,AM02,AM03,AM05,AM06,AM07,AM08,AL04,AL08,RF01,ST03"
DIALECTS = {"spark": "sparksql"}
DEEP = 20_000  # on Redshift a text is escaped by 33 calls, one in another


@pytest.mark.parametrize(
    "dialect",
    ["bigquery", "databricks", "duckdb", "postgres", "redshift", "snowflake", "spark"],
)
def test_it_is_sound(dialect: str) -> None:
    """Nothing is unparsable, which a reserved word would make it, or ambiguous."""
    settings: dict[str, Any] = {
        "dialect": DIALECTS.get(dialect, dialect),
        "templater": "raw",
        "rules": RULES,
        "max_parse_depth": 0,
        "large_file_skip_byte_limit": 0,
    }
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(DEEP)
    try:
        linted = Linter(config=FluffConfig(overrides=settings)).lint_string(
            (GOLDEN / f"{dialect}.sql").read_text(encoding="utf-8")
        )
    finally:
        sys.setrecursionlimit(before)
    found = [f"{each.line_no}: {each.rule_code()} {each.desc()}" for each in linted.violations]
    assert found == []
