"""What the runner asks of Spark, over the session of its own process and over a Thrift server.

This module comes last by its name: a Spark that serves Thrift no longer finds Iceberg for others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.errors import UnavailableError
from runner.warehouse import MissingRelationError, Warehouse, connect
from runner.warehouse.lake import literal, written
from tests.warehouses.spark.engine import spark_profile, thrift_profile, thrift_server

# pyspark's and PyHive's own, not the runner's
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::Warning:(pyhive|thrift|past|future|TCLIService).*"),
]
ODD = (
    "it's",
    '"x"',
    "\\",
    "\\'",
    "'; drop table t; --",
    "${env:HOME} $HOME ${spark.master}",
    "? ?? %s %% {{ 1 }}",
    "a\n\r\t\0\x1ab",
    "😀 Ω \u2028",
    "",
)


@pytest.fixture(scope="module", params=["session", "thrift"])
def warehouse(
    request: pytest.FixtureRequest, session: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """Hand out a connection of each kind."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "session":
        profile = spark_profile(folder)
    else:
        pytest.importorskip("pyhive", reason="PyHive is not installed: make test-spark")
        profile = thrift_profile(folder, thrift_server(session))
    with closing(connect(profile)) as connection:
        connection.execute("create schema if not exists runner")
        yield connection


def test_no_text_leaves_its_quotes(warehouse: Warehouse) -> None:
    """Every text comes back as it was, and so do the other values that the runner has."""
    values = [*ODD, None, True, False, 2**62, -1]
    query = "select " + ", ".join("?" for _ in values)
    assert list(warehouse.rows(query, values)) == [tuple(values)]
    assert list(warehouse.rows("select 1 where ? = ?", ["'", "' or '1' = '1"])) == []
    with pytest.raises(TypeError):
        literal(b"x")
    with pytest.raises(ValueError, match="argument"):
        written("select ?", [])


def test_rows_are_read_in_batches_and_apart(warehouse: Warehouse) -> None:
    """A second statement does not disturb the rows of the first."""
    query = "select cast(id as bigint) from range(?) order by id"
    first = warehouse.rows(query, [2500])
    assert next(first) == (0,)
    assert list(warehouse.rows("select 'x'")) == [("x",)]
    assert [row[0] for row in first] == list(range(1, 2500))


def test_statements_change_rows(warehouse: Warehouse) -> None:
    """What was written is read, and how many rows it were is not known."""
    warehouse.execute("drop table if exists runner.pairs")
    warehouse.execute("create table runner.pairs (id bigint, name string) using iceberg")
    with warehouse.transaction():
        assert warehouse.execute("insert into runner.pairs values (?, ?)", [1, "it's"]) == -1
    name = warehouse.relation(None, "runner", "pairs")
    warehouse.execute(f"update {name} set name = ? where id = ?", ["${env:HOME}", 1])
    assert list(warehouse.rows(f"select * from {name}")) == [(1, "${env:HOME}")]


def test_times_are_utc(warehouse: Warehouse) -> None:
    """A time is read as UTC without a zone, though the session is elsewhere."""
    query = f"select {warehouse.now}, {warehouse.seconds_ago(60)}, {warehouse.seconds_ago(-60)}"
    now, before, after = next(iter(warehouse.rows(query)))
    assert abs(now - datetime.now(UTC).replace(tzinfo=None)) < timedelta(seconds=60)
    assert (now - before, after - now) == (timedelta(seconds=60), timedelta(seconds=60))


def test_what_fails_is_told(warehouse: Warehouse) -> None:
    """A missing table is told from a statement that is refused."""
    with pytest.raises(MissingRelationError, match="runner"):
        list(warehouse.rows("select 1 from runner.nothing"))
    with pytest.raises(MissingRelationError):
        list(warehouse.rows("select 1 from nowhere.nothing"))
    with pytest.raises(UnavailableError) as refused:
        warehouse.execute("select no_such_column from runner.pairs")
    assert not isinstance(refused.value, MissingRelationError)
