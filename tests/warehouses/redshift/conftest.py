"""A database and a project that dbt-redshift and its driver take for Redshift."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import psycopg2
import pytest

from runner.sandbox import serve_in_thread
from runner.sandbox.braze import Braze
from tests.support.databases import fresh_database
from tests.support.postgres import Postgres
from tests.support.project import Project, create
from tests.support.warehouses import SCHEMA, written_profile
from tests.warehouses.needs import Needs
from tests.warehouses.redshift.proxy import redshift_door

SHIMS = Path(__file__).with_name("shims.sql")
NEEDS = Needs(
    warehouse="Redshift",
    packages={"dbt.adapters.redshift": "dbt-redshift"},
    verb="make test-warehouses",
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what the tests would need."""
    NEEDS.report(terminalreporter)


@pytest.fixture(scope="session")
def redshift_output(postgres: Postgres) -> Iterator[dict[str, object]]:
    """Open the door to a database, and say how a profile names it."""
    NEEDS.skip_without()
    with fresh_database(postgres) as database:
        with closing(psycopg2.connect(**asdict(database))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(SHIMS.read_text().replace("{database}", database.dbname))
        with redshift_door(database) as port:
            yield {
                "type": "redshift",
                "host": database.host,
                "port": port,
                "user": database.user,
                "password": database.password,
                "dbname": database.dbname,
                "schema": SCHEMA.schema,
                "sslmode": "disable",
                "threads": 1,
            }


@pytest.fixture(scope="session")
def redshift(
    redshift_output: dict[str, object], tmp_path_factory: pytest.TempPathFactory, project_root: Path
) -> Iterator[Project]:
    """Write a project and install the package in it."""
    folder = tmp_path_factory.mktemp("redshift")
    profile = written_profile(folder, redshift_output)
    with serve_in_thread(Braze()) as server:
        yield create(folder, project_root, server, profile)


@pytest.fixture
def shop(redshift: Project) -> Project:
    """Start with an empty destination."""
    redshift.server.sandbox.reset()
    return redshift
