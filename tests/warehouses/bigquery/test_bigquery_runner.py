"""What the runner asks of a warehouse, asked of BigQuery."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from runner.warehouse import MissingRelationError, StatementLostError, Warehouse, connect
from runner.warehouse.dialects import DIALECTS, failure
from tests.support.project import Project

TABLE = "marketing.raw_pairs"


@pytest.fixture
def warehouse(big: Project) -> Iterator[Warehouse]:
    """Connect, with an empty table of pairs."""
    with closing(connect(big.profile)) as connection:
        connection.execute("create schema if not exists marketing")
        connection.execute(f"create or replace table {TABLE} (id int64, name string)")
        yield connection


def test_values_are_bound(warehouse: Warehouse) -> None:
    """A value never becomes part of the SQL, nulls need no type, and changes are counted."""
    nasty = 'O\'Hara "x" %s ? \\ \n `y` 🦊; drop table pairs; --'
    inserted = f"insert into {TABLE} values (?, ?), (?, ?), (?, ?)"
    assert warehouse.execute(inserted, [2**60, nasty, 2, None, None, "100%"]) == 3
    found = list(warehouse.rows(f"select id, name from {TABLE} order by id"))
    assert found == [(None, "100%"), (2, None), (2**60, nasty)]
    assert list(warehouse.rows(f"select id from {TABLE} where name = ?", [nasty])) == [(2**60,)]
    assert warehouse.execute(f"update {TABLE} set name = ? where id = ?", [None, 2**60]) == 1
    assert warehouse.execute(f"delete from {TABLE} where id = ?", [7]) == 0


def test_statements_run_while_rows_are_read(warehouse: Warehouse) -> None:
    """A result of many rows is not lost to the next statement."""
    numbers = warehouse.rows("select n from unnest(generate_array(1, 2500)) as n order by n")
    assert next(numbers) == (1,)
    assert warehouse.execute(f"insert into {TABLE} values (?, ?)", [1, "x"]) == 1
    assert [number for (number,) in numbers] == list(range(2, 2501))


def test_the_clock_is_utc(warehouse: Warehouse) -> None:
    """A time comes as the clock of UTC shows it, and so does one before it."""
    now, before = next(
        iter(warehouse.rows(f"select {warehouse.now}, {warehouse.seconds_ago(3600)}"))
    )
    assert abs(now - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=1)
    assert timedelta(minutes=59) < now - before < timedelta(minutes=61)


def test_failures_are_told_apart(warehouse: Warehouse) -> None:
    """A missing table is known as one; what another statement got in the way of is repeated."""
    with pytest.raises(MissingRelationError):
        list(warehouse.rows("select 1 from marketing.not_there"))
    for said in (
        "400 Could not serialize access to table a:b.c due to concurrent update",
        "403 Exceeded rate limits: too many table update operations for this table",
    ):
        error = failure("Sorry.", said)
        assert isinstance(error, StatementLostError)
        assert error.untaken


def test_labels_have_the_letters_of_labels() -> None:
    """Names of activations may hold what a label may not."""
    labelled = DIALECTS["bigquery"].labelled({"app": "tailrace", "activation": "Br.aze É " * 20})
    labels = labelled["labels"]
    assert labels == {"app": "tailrace", "activation": ("br_aze___" * 20)[:63]}
