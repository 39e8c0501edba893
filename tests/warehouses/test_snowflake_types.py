"""The same source gives the same delta on Snowflake as on DuckDB, byte for byte."""

from __future__ import annotations

from tests.support.project import Project
from tests.warehouses.comparing import compare_rows, compare_types


def test_every_type(duck: Project, snow: Project) -> None:
    """Each value has the same JSON text on both engines, and an unchanged row stays unchanged."""
    compare_types(duck, snow)


def test_every_mode_and_row(duck: Project, snow: Project) -> None:
    """New, changed, nulled, gone, moved and invalid rows give the same delta in every mode."""
    compare_rows(duck, snow)
