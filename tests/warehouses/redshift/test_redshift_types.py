"""The same source gives the same delta on Redshift as on DuckDB, byte for byte."""

from __future__ import annotations

from tests.support.project import Project
from tests.warehouses.comparing import compare_rows, compare_types


def test_every_type(duck: Project, redshift: Project) -> None:
    """Each value has the same JSON text on both engines, and an unchanged row stays unchanged."""
    compare_types(duck, redshift)


def test_every_mode_and_row(duck: Project, redshift: Project) -> None:
    """New, changed, nulled, gone, moved and invalid rows give the same delta in every mode."""
    compare_rows(duck, redshift)
