"""What a build writes: nothing of the synced state where nothing was sent, else what changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dbt_common.events.event_manager_client import get_event_manager

from tests.support.project import OPEN, Project

SYNCED = "marketing.frugal__synced"
ROWS = 200
CHANGED = (7, 130)  # 1 %
WRITING = ("delete from", "insert into", "update", "merge into", "truncate", "alter table")


@pytest.fixture
def frugal(shop: Project) -> Iterator[Project]:
    """An activation whose rows were all sent and folded."""
    _people(shop)
    shop.model("thrifty")
    attributes = ["name", "plan"]
    shop.activation(
        "frugal", "ref('thrifty')", sync_mode="mirror", attributes=attributes, guards=OPEN
    )
    shop.build("thrifty frugal")
    shop.settle("frugal")
    shop.build("frugal")
    assert len(shop.synced("frugal")) == ROWS
    yield shop
    shop.remove("frugal", "thrifty")


def _people(shop: Project, *changed: int) -> None:
    listed = ", ".join(map(str, (0, *changed)))
    plan = f", case when i in ({listed}) then 'new' else 'old' end as plan"
    shop.people(range(1, ROWS + 1), table="raw_thrifty", columns=plan)


def _places(shop: Project) -> dict[str, Any]:
    """Where each row of the synced state lies, in which version; '' is the table itself.

    On DuckDB an update in place would not show; the package makes none there.
    """
    place, table = "cast(rowid as varchar)", "cast(table_oid as varchar) from duckdb_tables()"
    if shop.engine == "postgres":
        place, table = "ctid::text || ' ' || xmin::text", "relfilenode::text from pg_class"
    name = "table_name" if shop.engine == "duckdb" else "relname"
    rows = dict(shop.rows(f"select _record_key, {place} from {SYNCED}"))
    return rows | {"": shop.one(f"select {table} where {name} = 'frugal__synced'")}


def _said(shop: Project, logs: Path) -> list[str]:
    """The lines of a build's log that name the synced state."""
    shop.build("frugal", "--log-level-file", "debug", "--log-path", str(logs))
    for logger in get_event_manager().loggers:  # dbt leaves its log open
        for handler in getattr(logger._python_logger, "handlers", []):
            handler.close()
    lines = (logs / "dbt.log").read_text().splitlines()
    return [line.strip() for line in lines if "frugal__synced" in line]


def test_a_build_without_changes_leaves_the_synced_state_alone(
    frugal: Project, tmp_path: Path
) -> None:
    """No statement writes to it, after a push that had nothing to send either."""
    before = _places(frugal)
    frugal.push("frugal")
    for build in ("first", "second"):
        said = _said(frugal, tmp_path / build)
        assert said
        assert [line for line in said if line.startswith(WRITING)] == []
    assert _places(frugal) == before
    assert frugal.plan("frugal") == []


def test_a_build_writes_the_changed_rows_of_the_synced_state(frugal: Project) -> None:
    """Once they were sent, and no others."""
    before = _places(frugal)
    _people(frugal, *CHANGED)
    frugal.build("frugal")
    assert _places(frugal) == before
    assert len(frugal.plan("frugal")) == len(CHANGED)
    frugal.settle("frugal")
    frugal.build("frugal")
    after = _places(frugal)
    written = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert written == {f"u{number}" for number in CHANGED}
