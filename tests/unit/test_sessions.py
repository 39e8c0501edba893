"""A PostgreSQL that ends sessions: between statements, in transactions, all through a push."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runner.errors import UnavailableError
from runner.warehouse import Warehouse, connect
from runner.warehouse.lasting import atomically
from tests.support.destination import Destination, serving
from tests.support.postgres import Postgres
from tests.support.scene import Scene
from tests.support.warehouses import Built, create_control_tables, postgres_profile

EVERY = 7


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the runner try again at once."""
    monkeypatch.setattr("runner.warehouse.lasting.time.sleep", lambda _: None)


@pytest.fixture(params=[True, False], ids=["native", "by dbt"])
def doomed(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_database: Postgres
) -> Iterator[tuple[Warehouse, Callable[[], None]]]:
    """Hand out a connection, and what ends its session on the server."""
    profile = postgres_profile(tmp_path, postgres_database)
    with (
        closing(connect(profile, native=request.param)) as doomed,
        closing(connect(profile)) as other,
    ):

        def end() -> None:
            process = next(iter(doomed.rows("select pg_backend_pid()")))[0]
            list(other.rows("select pg_terminate_backend(?, 5000)", [process]))

        yield doomed, end


def test_a_session_that_ends_between_statements_is_opened_again(
    doomed: tuple[Warehouse, Callable[[], None]],
) -> None:
    """Reads, changes and transactions go on; an insert whose answer was lost is not repeated."""
    warehouse, end = doomed
    warehouse.execute("create table pairs (id bigint)")
    end()
    assert list(warehouse.rows("select id from pairs")) == []
    end()
    with warehouse.transaction():
        warehouse.execute("insert into pairs values (1)")
    end()
    warehouse.execute("update pairs set id = 2")
    end()
    with pytest.raises(UnavailableError):
        warehouse.execute("insert into pairs values (3)")
    warehouse.execute("insert into pairs values (4)")
    assert list(warehouse.rows("select id from pairs order by id")) == [(2,), (4,)]


def test_a_transaction_whose_session_ends_is_undone_and_repeated_whole(
    doomed: tuple[Warehouse, Callable[[], None]],
) -> None:
    """Nothing of it is there by itself, and `atomically` does all of it again."""
    warehouse, end = doomed
    warehouse.execute("create table pairs (id bigint)")

    warehouse.execute("insert into pairs values (7)")

    def lose() -> None:
        with warehouse.transaction():
            warehouse.execute("insert into pairs values (1)")
            end()
            warehouse.execute("update pairs set id = 2")

    with pytest.raises(UnavailableError):
        lose()
    assert list(warehouse.rows("select id from pairs")) == [(7,)]
    warehouse.execute("delete from pairs")
    tries = []

    def write() -> None:
        warehouse.execute("insert into pairs values (1)")
        tries.append(1)
        if len(tries) == 1:
            end()
        warehouse.execute("update pairs set id = 2")

    atomically(warehouse, write)
    assert list(warehouse.rows("select id from pairs")) == [(2,)]
    assert len(tries) == 2


class Flickering:
    """A warehouse whose session ends before every seventh statement, of those that may be lost."""

    def __init__(self, inner: Warehouse, other: Warehouse) -> None:
        self._inner = inner
        self._other = other
        self._seen = 0
        self.ended = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - passes on whatever there is
        return getattr(self._inner, name)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Read."""
        self._flicker(sql)
        return self._inner.rows(sql, parameters)

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Write."""
        self._flicker(sql)
        return self._inner.execute(sql, parameters)

    def _flicker(self, sql: str) -> None:
        self._seen += 1
        if self._seen % EVERY == 0 and not sql.startswith("insert"):
            query = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid = ?"
            process = next(iter(self._inner.rows("select pg_backend_pid()")))
            list(self._other.rows(query, list(process)))
            self.ended += 1


@pytest.mark.postgres
def test_a_push_outlives_its_sessions(
    tmp_path: Path, postgres_database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row is sent once and acknowledged, and the run is recorded once."""
    monkeypatch.setattr("runner.stream.WRITE_EVERY", 0.0)
    profile = postgres_profile(tmp_path, postgres_database)
    with closing(connect(profile)) as inner, closing(connect(profile)) as other:
        create_control_tables(inner)
        Built(shards=(60,)).build(inner)
        with serving(Destination()) as destination:
            scene = Scene(inner, destination, options={"rows_per_query": 10})
            flickering = Flickering(inner, other)
            result = scene.push(warehouse=flickering)
        assert result.exit_code == 0, result.message
        assert flickering.ended > 3
        assert scene.marks() == {0: (60, 60)}
        assert len(scene.runs()) == 1
        assert result.acknowledged == 60
