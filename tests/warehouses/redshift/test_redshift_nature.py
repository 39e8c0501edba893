"""What Redshift asks for: texts that fit, keys of a layout, short transactions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.project import OPEN, Project


def test_a_row_that_is_too_long(shop: Project) -> None:
    """A row that does not fit into a text is invalid, one that just fits is sent whole."""
    shop.model("endings")
    longest = 32000 - len('"note"') - 6
    notes = {
        "fits": f"repeat('x', {longest})",
        "is long": f"repeat('x', {longest + 1})",
        "escapes": f"repeat(chr(10), {longest // 6 + 1})",
        "is all": "repeat('x', 65535)",
    }
    shop.table(
        "raw_endings",
        " union all ".join(
            f"select '{key}' as id, cast({note} as varchar(65535)) as note"
            for key, note in notes.items()
        ),
    )
    shop.activation("ended", "ref('endings')", attributes=["note"], guards=OPEN)
    shop.build("endings ended")
    found = shop.rows("select _record_key, _invalid_reason from marketing.ended order by 1")
    reason = "its values are too long"
    assert found == [("escapes", reason), ("fits", None), ("is all", reason), ("is long", reason)]
    assert shop.payloads("ended") == {"fits": {"note": "x" * longest}}


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Take down what is said to Redshift, without blanks and dbt's comments."""
    statements: list[str] = []
    cursor: Any = pytest.importorskip("redshift_connector").Cursor
    execute = cursor.execute

    def listen(self: object, operation: str, *values: object, **options: object) -> object:
        statements.append("".join(operation.rsplit("*/", maxsplit=1)[-1].split()))
        return execute(self, operation, *values, **options)

    monkeypatch.setattr(cursor, "execute", listen)
    return statements


def test_layout(shop: Project, said: list[str]) -> None:
    """A synced state is laid out by its key, a delta as the user says."""
    shop.people([1])
    shop.activation("laid", config="{{ config(sort=['_shard', '_ordinal']) }}")
    shop.build("people laid")
    (synced,) = [sql for sql in said if "createtableif" in sql and "laid__synced" in sql]
    assert synced.endswith("diststylekeydistkey(_record_key)sortkey(_record_key)")
    assert any('"laid__dbt_tmp"compoundsortkey(_shard,_ordinal)as' in sql for sql in said)


def test_transactions(shop: Project, said: list[str]) -> None:
    """A build locks no control table while it goes on, and swaps deltas in one transaction."""
    shop.people([1])
    shop.activation("swapped")
    shop.build("people swapped")
    said.clear()
    shop.build("swapped")
    inside, depth = [], False
    for sql in said:
        word = sql.lower().rstrip(";")
        depth = word == "begin" or (depth and word not in {"commit", "rollback"})
        if depth:
            inside.append(sql)
    changed = [sql for sql in inside if "tailrace_" in sql and sql.startswith(("up", "ins", "del"))]
    assert changed == []
    renames = [sql for sql in said if sql.startswith("altertable")]
    assert len(renames) == 2
    assert [sql for sql in inside if sql.startswith("altertable")] == renames
