"""Databases of a test's own on the server of the run."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace

import psycopg2

from tests.support.postgres import Postgres


@contextmanager
def fresh_database(server: Postgres) -> Iterator[Postgres]:
    """A database that lives as long as the block."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with closing(psycopg2.connect(**asdict(server))) as connection:
        connection.autocommit = True  # databases are not made inside a transaction
        with connection.cursor() as cursor:
            cursor.execute(f'create database "{name}"')
            yield replace(server, dbname=name)
            cursor.execute(f'drop database "{name}" with (force)')
