"""A role of the run's server whose password is asked for; all others come in without."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace

import psycopg2
from psycopg2 import sql

from tests.support.postgres import CHECKED, Postgres

MAKE_GROUP = f"""
do $$ begin
    create role {CHECKED};
exception when duplicate_object or unique_violation then null;
end $$
"""


@contextmanager
def checked_role(server: Postgres, password: str, rights: str = "") -> Iterator[Postgres]:
    """A new role with these rights (`superuser`), as long as the block, and the same database."""
    name = f"checked_{uuid.uuid4().hex[:12]}"
    with closing(psycopg2.connect(**asdict(server))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            role = sql.Identifier(name)
            make = f"create role {{}} login {rights} password {{}} in role {CHECKED}"
            cursor.execute(MAKE_GROUP)
            cursor.execute(sql.SQL(make).format(role, sql.Literal(password)))
            yield replace(server, user=name, password=password)
            cursor.execute(sql.SQL("drop owned by {} cascade").format(role))
            cursor.execute(sql.SQL("drop role {}").format(role))
