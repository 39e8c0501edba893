"""A runner to run, in a folder with a small warehouse."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from runner.cli import main
from runner.profiles import load
from runner.warehouse import Warehouse, connect
from tests.support.commands import Run
from tests.support.warehouses import create_control_tables, duckdb_profile

DESTINATIONS = """
braze_eu:
  platform: braze
  url: https://rest.test.braze.eu
  api_key: "{{ env_var('BRAZE_API_KEY') }}"
"""


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Leave the process's handlers as they were."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with profiles, destinations, a database, and no dbt project."""
    for name in ("DBT_PROFILES_DIR", "DBT_PROJECT_DIR", "DBT_PROFILE", "DBT_TARGET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BRAZE_API_KEY", "k-123456")
    monkeypatch.chdir(tmp_path)
    duckdb_profile(tmp_path)
    (tmp_path / "destinations.yml").write_text(DESTINATIONS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def warehouse(folder: Path) -> Iterator[Warehouse]:
    """Open the database beside the runner, in the same process."""
    with closing(connect(load(profiles_dir=folder))) as connection:
        create_control_tables(connection)
        yield connection


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the runner: exit code, stdout, stderr."""

    def runner(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return int(ended.value.code or 0), out, err

    return runner
