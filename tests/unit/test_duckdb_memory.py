"""A session on DuckDB keeps little of what it has read."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from runner.warehouse import Warehouse, connect
from tests.support.warehouses import duckdb_profile


def test_it_lets_go_what_was_read(tmp_path: Path) -> None:
    """A long delta that was read does not stay in memory, and the limit is what it was."""
    with closing(_long(tmp_path)) as warehouse:
        for _ in range(3):
            assert sum(1 for _ in warehouse.rows("select id, text from long")) == 600_000
        assert _lets_go(warehouse)


def test_it_lets_go_what_counting_read_with_the_first_chunk(tmp_path: Path) -> None:
    """To count a delta reads a column of it whole, which is more than many chunks are."""
    with closing(_long(tmp_path)) as warehouse:
        assert list(warehouse.rows("select count(distinct text) from long")) == [(600_000,)]
        assert not _lets_go(warehouse)
        assert sum(1 for _ in warehouse.rows("select id from long limit 10000")) == 10_000
        assert _lets_go(warehouse)


def _long(folder: Path) -> Warehouse:
    with closing(connect(duckdb_profile(folder))) as warehouse:
        warehouse.execute(
            "create table long as select range as id, repeat(md5(cast(range as text)), 4) as text "
            "from range(600000)"
        )
        warehouse.execute("checkpoint")
    warehouse = connect(duckdb_profile(folder))
    warehouse.execute("set memory_limit = '1GB'")
    return warehouse


def _lets_go(warehouse: Warehouse) -> bool:
    query = "select sum(memory_usage_bytes) < 10000000, current_setting('memory_limit') "
    ((little, limit),) = warehouse.rows(query + "from duckdb_memory() where tag = 'BASE_TABLE'")
    # The setting is told rounded down, and set by that.
    assert limit in {"953.6 MiB", "953.5 MiB"}
    return bool(little)
