"""The private PostgreSQL server that the other tests stand on."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import psycopg2
import pytest

from tests.support import postgres as server
from tests.support.postgres import Postgres

OWNER = """
import os, time
from tests.support import postgres as server
print(server.start(server.server_programs(), os.getpid()).port, flush=True)
time.sleep(600)
"""

WITHOUT_SERVER = """
import os, pathlib, sys
import pytest
from tests.support import postgres as server
server.INSTALLED = pathlib.Path("/nowhere")
os.environ["PATH"] = "/nowhere"
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
"""


def test_each_test_has_a_database_of_its_own(postgres_database: Postgres) -> None:
    """A fresh database is empty, holds UTF-8 and is not the server's own."""
    with (
        closing(psycopg2.connect(**asdict(postgres_database))) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("select current_database(), pg_encoding_to_char(encoding) from pg_database")
        found = cursor.fetchall()
        cursor.execute("select count(*) from information_schema.tables where table_schema='public'")
        assert cursor.fetchone() == (0,)
    assert found[0] == (postgres_database.dbname, "UTF8")
    assert postgres_database.dbname != "postgres"


@pytest.mark.postgres
def test_the_server_dies_with_the_run(project_root: Path) -> None:
    """A run that is killed leaves no server and no files."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=project_root, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        port = int(owner.stdout.readline())
        address = Postgres(
            host="127.0.0.1", port=port, user="tailrace", password="", dbname="postgres"
        )
        with (
            closing(psycopg2.connect(**asdict(address))) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("show data_directory")
            row = cursor.fetchone()
        assert row
        home = Path(row[0]).parent
        assert home.exists()
        owner.kill()
    while home.exists():
        time.sleep(0.2)
    with pytest.raises(psycopg2.OperationalError, match="refused"):
        psycopg2.connect(**asdict(address))


def test_programs_come_from_the_path_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever puts a PostgreSQL in PATH gets that one."""
    for name in ("initdb", "pg_ctl"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert server.server_programs() == tmp_path


def test_without_server_programs_only_its_tests_are_skipped(project_root: Path) -> None:
    """Where no server is installed the run says how to get one and skips what needs it."""
    wanted = ("test_each_test_has_a_database_of_its_own", "test_programs_come_from_the_path_first")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SERVER, *(f"{__file__}::{name}" for name in wanted)],
        cwd=project_root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "1 passed, 1 skipped" in done.stdout
    assert "1 tests of PostgreSQL were skipped" in done.stdout
    assert "apt-get install postgresql" in done.stdout


def test_no_programs_are_made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without PostgreSQL is recognised."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(server, "INSTALLED", tmp_path)
    assert server.server_programs() is None
