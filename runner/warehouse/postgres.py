"""PostgreSQL through psycopg2, from the rendered dbt profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg2
from psycopg2 import errors

from runner.errors import ConfigurationError, UnavailableError
from runner.masking import masked
from runner.profiles import Profile
from runner.warehouse import MissingRelationError, StatementLostError, placeholders

BATCH = 1000
# dbt's names for what libpq calls otherwise, and its defaults.
TEXT_KEYS = ("host", "user", "sslmode", "sslcert", "sslkey", "sslrootcert", "application_name")


class PostgresWarehouse:
    """A PostgreSQL session that commits every statement outside of `transaction`."""

    now = "(clock_timestamp() at time zone 'UTC')"
    transactional = True

    def __init__(self, connection: psycopg2.extensions.connection, profile: Profile) -> None:
        """Take over an open connection."""
        self._connection = connection
        self._connection.autocommit = True
        self._profile = profile

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield rows; the driver holds the result, so that no cursor stays open on the server."""
        with self._explained(), self._connection.cursor() as cursor:
            cursor.execute(placeholders(sql, "%s"), tuple(parameters))
            while batch := cursor.fetchmany(BATCH):
                yield from batch

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement and return the number of rows it changed."""
        with self._explained(), self._connection.cursor() as cursor:
            cursor.execute(placeholders(sql, "%s"), tuple(parameters))
            return cursor.rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the statements inside together, or none of them."""
        self.execute("begin")
        try:
            yield
        except BaseException:
            with suppress(UnavailableError):  # what went wrong first is what counts
                self.execute("rollback")
            raise
        self.execute("commit")

    def relation(self, *parts: str | None) -> str:
        """Quote each part of a name."""
        return ".".join('"' + part.replace('"', '""') + '"' for part in parts if part)

    def seconds_ago(self, seconds: int) -> str:
        """Return the expression for a time before now."""
        return f"({self.now} - interval '{seconds:d} seconds')"

    def label(self, labels: Mapping[str, str]) -> None:
        """The session has a name already."""

    def close(self) -> None:
        """End the session."""
        self._connection.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
            raise MissingRelationError(self._sentence(error)) from None
        except psycopg2.Error as error:
            sentence = self._sentence(error)
            undone = isinstance(error, errors.SerializationFailure | errors.DeadlockDetected)
            if undone or self._connection.closed:
                # A session that had ended before takes no statement.
                untaken = undone or isinstance(error, psycopg2.InterfaceError)
                raise StatementLostError(
                    sentence, session_lost=not undone, untaken=untaken
                ) from None
            raise UnavailableError(sentence) from None

    def _sentence(self, error: psycopg2.Error) -> str:
        cause = _first_line(error)
        if self._connection.closed:
            return (
                f"The connection to PostgreSQL (target {self._profile.target}) was lost: {cause}. "
                "Run the same command again once it answers; nothing is lost."
            )
        return (
            f"PostgreSQL refused a statement of the runner (target {self._profile.target}): "
            f"{cause}. Check the grants of the role, or run dbt build again if a table differs."
        )


def connect(profile: Profile) -> PostgresWarehouse:
    """Log in as dbt does."""
    given = profile.credentials
    try:
        connection = psycopg2.connect(**_arguments(profile))
    except psycopg2.Error as error:
        raise UnavailableError(
            f"PostgreSQL at {given.get('host')}:{given.get('port')} (target {profile.target}) "
            f"cannot be reached or refuses this login: {_first_line(error)}. "
            "Check host, port, user and password in profiles.yml."
        ) from None
    warehouse = PostgresWarehouse(connection, profile)
    if given.get("role"):
        try:
            warehouse.execute(f"set role {warehouse.relation(str(given['role']))}")
        except BaseException:
            warehouse.close()
            raise
    return warehouse


def _arguments(profile: Profile) -> dict[str, Any]:
    given = profile.credentials
    database = given.get("dbname") or given.get("database")
    for name, value in (("host", given.get("host")), ("dbname", database)):
        if not value:
            raise ConfigurationError(
                f"Target {profile.target} of profile {profile.name} has no `{name}`: "
                "PostgreSQL needs it in profiles.yml."
            )
    arguments: dict[str, Any] = {
        "dbname": database,
        "port": int(given.get("port") or 5432),
        "connect_timeout": int(given.get("connect_timeout") or 10),
        "password": given.get("password", given.get("pass")),
        "application_name": "tailrace",
        **{name: str(given[name]) for name in TEXT_KEYS if given.get(name)},
    }
    if given.get("keepalives_idle"):
        arguments["keepalives_idle"] = int(given["keepalives_idle"])
    if given.get("search_path"):
        # libpq splits options at spaces unless they are escaped.
        path = str(given["search_path"]).replace("\\", "\\\\").replace(" ", "\\ ")
        arguments["options"] = f"-c search_path={path}"
    return arguments


def _first_line(error: psycopg2.Error) -> str:
    return masked(str(error).strip().split("\n", 1)[0]).rstrip(".")
