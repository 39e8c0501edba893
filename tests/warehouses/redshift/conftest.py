"""A project whose warehouse dbt-redshift and its driver take for Redshift."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path

import psycopg2
import pytest
import yaml

from runner.profiles import load
from runner.sandbox import Server, serve_in_thread
from tests.support.databases import fresh_database
from tests.support.postgres import Postgres
from tests.support.project import SETTINGS, Project
from tests.support.warehouses import SCHEMA
from tests.warehouses.redshift.proxy import redshift_door

SHIMS = Path(__file__).with_name("shims.sql")


@pytest.fixture(scope="session")
def redshift(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory, project_root: Path
) -> Iterator[Project]:
    """Write a project and install the package in it."""
    if not importlib.util.find_spec("dbt.adapters.redshift"):
        pytest.skip("dbt-redshift is not installed")
    with ExitStack() as stack:
        database = stack.enter_context(fresh_database(postgres))
        with closing(psycopg2.connect(**asdict(database))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(SHIMS.read_text().replace("{database}", database.dbname))
        port = stack.enter_context(redshift_door(database))
        server = stack.enter_context(serve_in_thread())
        yield _project(tmp_path_factory.mktemp("redshift"), project_root, server, database, port)


def _project(folder: Path, package: Path, server: Server, database: Postgres, port: int) -> Project:
    target = {
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
    connection = {
        "platform": "braze",
        "url": server.url,
        "api_key": server.api_key,
        "attempts": 2,
        "retry_seconds": 5,
    }
    files: dict[str, object] = {
        "dbt_project.yml": SETTINGS,
        "packages.yml": {"packages": [{"local": str(package)}]},
        "profiles.yml": {"shop": {"target": "test", "outputs": {"test": target}}},
        "destinations.yml": {"braze": connection},
    }
    for name, content in files.items():
        (folder / name).write_text(yaml.safe_dump(content))
    profile = load(profiles_dir=folder, profile="shop", target="test")
    project = Project(folder=folder, profile=profile, engine=profile.type, server=server)
    project.model("people")
    installed = project.dbt("deps")
    assert installed.success, installed.text
    return project
