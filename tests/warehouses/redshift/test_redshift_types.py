"""The same source gives the same delta on Redshift as on DuckDB, byte for byte."""

from __future__ import annotations

from tests.support.project import OPEN, Project
from tests.warehouses.comparing import compare_rows, compare_types


def test_every_type(duck: Project, redshift: Project) -> None:
    """Each value has the same JSON text on both engines, and an unchanged row stays unchanged."""
    compare_types(duck, redshift)


def test_every_mode_and_row(duck: Project, redshift: Project) -> None:
    """New, changed, nulled, gone, moved and invalid rows give the same delta in every mode."""
    compare_rows(duck, redshift)


def test_documents_that_are_null(redshift: Project) -> None:
    """A document that is null is no text that says so: nothing is sent of it, and no key is one."""
    redshift.model("papers")
    redshift.table(
        "raw_papers",
        "select 'full' as id, json_parse('[1, 2]') as paper, json_parse('\"a\"') as code "
        "union all select 'bare', cast(null as super), cast(null as super)",
    )
    redshift.activation("filed", "ref('papers')", attributes=["paper"], sync_mode="mirror")
    redshift.activation(
        "coded", "ref('papers')", primary_key="code", attributes=["id"], guards=OPEN
    )
    redshift.build("papers filed coded")
    assert redshift.payloads("filed") == {"full": {"paper": [1, 2]}, "bare": {}}
    found = redshift.rows("select _operation, _invalid_reason from marketing.coded order by 1")
    assert found == [("insert", None), ("invalid", "null key")]
    redshift.remove("papers", "filed", "coded")
