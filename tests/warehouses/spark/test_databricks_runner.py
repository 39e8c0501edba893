"""What the runner says to Databricks: dbt's adapter is the real one, its driver a recorder."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runner.errors import UnavailableError
from runner.warehouse import MissingRelationError, Warehouse, connect
from tests.support.warehouses import written_profile

TARGET: dict[str, object] = {
    "type": "databricks",
    "host": "nowhere.invalid",
    "http_path": "/sql/1.0/warehouses/none",
    "token": "none",
    "catalog": "shop",
    "schema": "marketing",
}


@dataclass
class Driver:
    """What databricks-sql-connector is to the runner: connections, cursors, and what was said."""

    said: list[tuple[object, ...]] = field(default_factory=list)
    answer: list[tuple[object, ...]] = field(default_factory=list)
    error: str = ""
    closed: int = 0

    def connect(self, **_: object) -> Driver:
        return self

    def cursor(self, **_: object) -> Cursor:
        return Cursor(self)

    def get_session_id_hex(self) -> str:
        return "00"

    def close(self) -> None:
        """Nothing is open."""


class Cursor:
    """One statement at a time; a result that was read is gone."""

    description = None
    query_id = "none"

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._rows: list[tuple[object, ...]] = []
        self.connection = driver

    def execute(self, *given: object) -> Cursor:
        self._driver.said.append(given)
        if self._driver.error:
            raise RuntimeError(self._driver.error)
        self._rows = list(self._driver.answer)
        return self

    def fetchmany(self, size: int) -> list[tuple[object, ...]]:
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    def close(self) -> None:
        self._driver.closed += 1


@pytest.fixture
def spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Warehouse, Driver]]:
    """Hand out a connection and its driver."""
    if not importlib.util.find_spec("dbt.adapters.databricks"):
        pytest.skip("dbt-databricks is not installed: make test-spark does it.")
    handle: Any = pytest.importorskip("dbt.adapters.databricks.handle")
    driver = Driver()
    monkeypatch.setattr(handle.dbsql, "connect", driver.connect)
    with closing(connect(written_profile(tmp_path, TARGET))) as warehouse:
        yield warehouse, driver


def test_values_are_in_the_statement(spoken: tuple[Warehouse, Driver]) -> None:
    """The driver gets a whole statement and nothing to put in, in a session at the clock of UTC."""
    warehouse, driver = spoken
    relation = warehouse.relation("shop", "marketing", "pairs")
    assert relation == "`shop`.`marketing`.`pairs`"
    values = ["it's \\ ${env:HOME}", None, True, 7]
    assert warehouse.execute(f"insert into {relation} values (?, ?, ?, ?)", values) == -1
    warehouse.execute("select '100%'")
    assert driver.said == [
        ("set time zone 'UTC'",),
        (f"insert into {relation} values ('it\\'s \\\\ \\u0024{{env:HOME}}', null, true, 7)",),
        ("select '100%'",),
    ]


def test_results_are_read_in_parts_and_given_back(spoken: tuple[Warehouse, Driver]) -> None:
    """Other statements may run meanwhile, times come as UTC, and no result is left open."""
    warehouse, driver = spoken
    moment = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    driver.answer = [(number, moment) for number in range(1500)]
    rows = warehouse.rows("select id, at from pairs")
    assert next(rows) == (0, moment.replace(tzinfo=None))
    assert len(list(warehouse.rows("select id, at from others"))) == 1500
    assert len(list(rows)) == 1499
    opened = driver.closed
    warehouse.execute("select 1")
    assert driver.closed > opened


def test_nothing_is_begun(spoken: tuple[Warehouse, Driver]) -> None:
    """There are no transactions: each statement commits by itself."""
    warehouse, driver = spoken
    with warehouse.transaction():
        warehouse.execute("select 1")
    assert not warehouse.transactional
    assert [given[0] for given in driver.said[1:]] == ["select 1"]


def test_words_of_errors(spoken: tuple[Warehouse, Driver], monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing table is told from other refusals; a collision is repeated."""
    warehouse, driver = spoken
    monkeypatch.setattr("runner.warehouse.lasting.time.sleep", lambda _: None)
    driver.error = "[TABLE_OR_VIEW_NOT_FOUND] The table or view `x` cannot be found. SQLSTATE 42P01"
    with pytest.raises(MissingRelationError):
        warehouse.execute("select 1 from x")
    driver.error = "[DELTA_CONCURRENT_APPEND] ConcurrentAppendException: files were added"
    before = len(driver.said)
    with pytest.raises(UnavailableError):
        warehouse.execute("update x set y = 1")
    assert len(driver.said) - before == 5
