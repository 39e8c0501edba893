"""Every way to a warehouse keeps the same promises: own drivers, and dbt's adapter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from runner.errors import ConfigurationError, UnavailableError
from runner.profiles import Profile, load
from runner.warehouse import MissingRelationError, Warehouse, connect
from runner.warehouse.duckdb import LOCK_WAITS
from tests.support.postgres import Postgres
from tests.support.warehouses import duckdb_profile, postgres_profile

WAYS = ("duckdb", "postgres", "duckdb by dbt", "postgres by dbt")


@pytest.fixture(params=WAYS)
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    """Hand out a connection of each kind."""
    way: str = request.param
    if way.startswith("postgres"):
        profile = postgres_profile(tmp_path, request.getfixturevalue("postgres_database"))
    else:
        profile = duckdb_profile(tmp_path)
    with closing(connect(profile, native="dbt" not in way)) as connection:
        yield connection


@pytest.fixture
def table(warehouse: Warehouse) -> str:
    """Make an empty table."""
    warehouse.execute("create table pairs (id bigint, name text)")
    return "pairs"


def test_values_are_bound_and_come_back_unchanged(warehouse: Warehouse, table: str) -> None:
    """A value never becomes part of the SQL, whatever letters it holds."""
    nasty = 'O\'Hara "x" %s ? \\ \n {{ 1 }} 🦊; drop table pairs; --'
    warehouse.execute(f"insert into {table} values (?, ?), (?, ?)", [2**60, nasty, 2, None])
    assert list(warehouse.rows(f"select id, name from {table} order by id")) == [
        (2, None),
        (2**60, nasty),
    ]
    assert list(warehouse.rows(f"select id from {table} where name = ?", [nasty])) == [(2**60,)]


def test_percent_signs_in_sql_are_left_alone(warehouse: Warehouse, table: str) -> None:
    """SQL of ours may hold a percent sign, with and without values."""
    warehouse.execute(f"insert into {table} values (?, ?)", [7, "100%"])
    assert list(warehouse.rows(f"select id % 4 from {table} where name like '%%'")) == [(3,)]
    assert list(warehouse.rows(f"select id % 4 from {table} where id = ?", [7])) == [(3,)]


def test_a_transaction_is_all_or_nothing(warehouse: Warehouse, table: str) -> None:
    """What a failed transaction wrote is gone, and the next one works."""

    def fail() -> None:
        with warehouse.transaction():
            warehouse.execute(f"insert into {table} values (1, 'a')")
            assert list(warehouse.rows(f"select id from {table}")) == [(1,)]
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert list(warehouse.rows(f"select id from {table}")) == []
    with warehouse.transaction():
        warehouse.execute(f"insert into {table} values (2, 'b')")
    assert list(warehouse.rows(f"select id from {table}")) == [(2,)]


def test_a_refused_statement_undoes_its_transaction(warehouse: Warehouse, table: str) -> None:
    """The warehouse's own refusal inside a transaction leaves nothing behind either."""

    def be_refused() -> None:
        with warehouse.transaction():
            warehouse.execute(f"insert into {table} values (1, 'a')")
            warehouse.execute(f"insert into {table} values ('no number', 'b')")

    with pytest.raises(UnavailableError):
        be_refused()
    assert list(warehouse.rows(f"select id from {table}")) == []


def test_statements_may_run_between_rows(warehouse: Warehouse, table: str) -> None:
    """A result is read to its end although other statements run meanwhile."""
    warehouse.execute(f"insert into {table} select 1, 'a'")
    for _ in range(12):
        warehouse.execute(f"insert into {table} select id, name from {table}")
    seen = 0
    for _ in warehouse.rows(f"select id from {table}"):
        if seen % 1000 == 0:
            warehouse.execute(f"update {table} set name = ?", [f"seen {seen}"])
        seen += 1
    assert seen == 4096


def test_the_clock_is_utc_without_a_zone(warehouse: Warehouse) -> None:
    """`now` is a plain timestamp in UTC, also where the session lives in another zone."""
    warehouse.execute("set timezone = 'Asia/Tokyo'")
    now, before, utc = next(
        iter(
            warehouse.rows(
                f"select {warehouse.now}, {warehouse.seconds_ago(120)}, "
                "current_timestamp at time zone 'UTC'"
            )
        )
    )
    assert isinstance(now, datetime)
    assert now.tzinfo is None
    assert abs((now - utc).total_seconds()) < 60
    assert 119 <= (now - before).total_seconds() <= 121


def test_a_missing_table_is_told_apart(warehouse: Warehouse) -> None:
    """A statement on a table or schema that is not there raises its own error."""
    with pytest.raises(MissingRelationError):
        list(warehouse.rows("select 1 from nothing_here"))
    with pytest.raises(MissingRelationError):
        list(warehouse.rows(f"select 1 from {warehouse.relation('no_schema', 'nothing_here')}"))


def test_names_are_quoted(warehouse: Warehouse) -> None:
    """A name may hold a space or be a reserved word; missing parts are left out."""
    warehouse.execute('create schema "order"')
    name = warehouse.relation(None, "order", "my table")
    warehouse.execute(f"create table {name} (id bigint)")
    assert list(warehouse.rows(f"select id from {name}")) == []
    assert "None" not in name


def test_a_native_driver_counts_changed_rows(tmp_path: Path, postgres_database: Postgres) -> None:
    """The own drivers tell how many rows a statement changed."""
    for number, make in enumerate((duckdb_profile, postgres_profile)):
        folder = tmp_path / str(number)
        folder.mkdir()
        profile = (
            duckdb_profile(folder)
            if make is duckdb_profile
            else postgres_profile(folder, postgres_database)
        )
        with closing(connect(profile)) as warehouse:
            warehouse.execute("create table pairs (id bigint)")
            assert warehouse.execute("insert into pairs values (1), (2)") == 2
            assert warehouse.execute("update pairs set id = 3 where id = 2") == 1
            assert warehouse.execute("delete from pairs where id = 9") == 0


def test_a_locked_file_is_waited_for_then_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock is tried again a bounded number of times, then told in words without a traceback."""
    profile = duckdb_profile(tmp_path)
    waits: list[float] = []
    monkeypatch.setattr("runner.warehouse.duckdb.time.sleep", waits.append)

    def locked(*_: object, **__: object) -> None:
        raise duckdb.IOException(
            'IO Error: Could not set lock on file "x": Conflicting lock is held'
        )

    monkeypatch.setattr(duckdb, "connect", locked)
    with pytest.raises(UnavailableError, match="written by another process"):
        connect(profile)
    assert waits == list(LOCK_WAITS)


def test_a_lock_that_ends_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dbt that ends while the runner waits costs a moment, no failure."""
    profile = duckdb_profile(tmp_path)
    real, tries = duckdb.connect, []

    def once(path: str, **_: object) -> duckdb.DuckDBPyConnection:
        tries.append(path)
        if len(tries) == 1:
            raise duckdb.IOException("IO Error: Could not set lock on file")
        return real(path)

    monkeypatch.setattr("runner.warehouse.duckdb.time.sleep", lambda _: None)
    monkeypatch.setattr(duckdb, "connect", once)
    with closing(connect(profile)) as warehouse:
        assert list(warehouse.rows("select 1")) == [(1,)]


def test_a_renamed_file_still_answers(tmp_path: Path) -> None:
    """What dbt registered under the file's old name is found under its new one."""
    with closing(connect(duckdb_profile(tmp_path))) as warehouse:
        warehouse.execute("create table t as select 5 as n")
        for database in ("old_name", "warehouse", "WAREHOUSE"):
            relation = warehouse.relation(database, "main", "t")
            assert list(warehouse.rows(f"select n from {relation}")) == [(5,)]


def test_a_file_that_is_not_there_is_not_created(tmp_path: Path) -> None:
    """The runner never makes an empty database where a path is mistaken."""
    profile = duckdb_profile(tmp_path)
    (tmp_path / "warehouse.duckdb").unlink()
    with pytest.raises(ConfigurationError, match="run dbt build first"):
        connect(profile)
    assert not (tmp_path / "warehouse.duckdb").exists()


def test_duckdb_in_memory_is_explained(tmp_path: Path) -> None:
    """A target that keeps nothing is a configuration error."""
    (tmp_path / "profiles.yml").write_text(
        "shop: {target: t, outputs: {t: {type: duckdb}}}", encoding="utf-8"
    )
    with pytest.raises(ConfigurationError, match="in memory"):
        connect(load(profiles_dir=tmp_path, profile="shop"))


def test_duckdb_settings_and_attached_files_are_honoured(tmp_path: Path) -> None:
    """What the profile sets and attaches is there for the runner too."""
    duckdb.connect(str(tmp_path / "other.duckdb")).execute(
        "create table t as select 5 as n"
    ).close()
    profile = duckdb_profile(tmp_path)
    credentials = {
        **profile.credentials,
        "settings": {"threads": 1, "TimeZone": "UTC"},
        "config_options": {"preserve_insertion_order": "false"},
        "extensions": ["json"],
        "attach": [{"path": str(tmp_path / "other.duckdb"), "alias": "side", "read_only": True}],
    }
    changed = Profile(
        name="shop",
        target="test",
        type="duckdb",
        database=None,
        schema="marketing",
        credentials=credentials,
        profiles_dir=tmp_path,
    )
    with closing(connect(changed)) as warehouse:
        assert list(warehouse.rows(f"select n from {warehouse.relation('side', 'main', 't')}")) == [
            (5,)
        ]
        assert list(warehouse.rows("select current_setting('threads')")) == [(1,)]


@pytest.mark.parametrize("native", [True, False])
def test_a_wrong_password_is_never_shown(
    tmp_path: Path, postgres_database: Postgres, native: bool
) -> None:
    """A refused login is explained with exit code 4, and without the password."""
    profile = postgres_profile(tmp_path, postgres_database)
    text = (tmp_path / "profiles.yml").read_text(encoding="utf-8")
    secret = "no_such_database_hunter2"
    text = text.replace(f"dbname: {postgres_database.dbname}", f"dbname: {secret}")
    text = text.replace("password: ''", f"password: {secret}")
    text = text.replace(f"password: {postgres_database.password}\n", f"password: {secret}\n")
    (tmp_path / "profiles.yml").write_text(text, encoding="utf-8")
    profile = load(profiles_dir=tmp_path, profile="shop", target="test")
    with pytest.raises(UnavailableError, match="refuses this login") as caught:
        connect(profile, native=native)
    assert secret not in str(caught.value)
    assert "credentials" not in repr(profile)


def test_the_role_and_search_path_of_the_profile_hold(
    tmp_path: Path, postgres_database: Postgres
) -> None:
    """A profile's role and search_path are those of the runner's session."""
    profile = postgres_profile(tmp_path, postgres_database)
    with closing(connect(profile)) as warehouse:
        warehouse.execute(f'create role "{postgres_database.dbname}"')
    options = f"      role: {postgres_database.dbname}\n      search_path: one, two\n"
    text = (tmp_path / "profiles.yml").read_text(encoding="utf-8")
    (tmp_path / "profiles.yml").write_text(text.replace("      type:", options + "      type:"))
    profile = load(profiles_dir=tmp_path, profile="shop", target="test")
    with closing(connect(profile)) as warehouse:
        found = list(warehouse.rows("select current_user, current_setting('search_path')"))
        assert found == [(postgres_database.dbname, "one, two")]
        warehouse.execute("reset role")
        warehouse.execute(f'drop role "{postgres_database.dbname}"')
