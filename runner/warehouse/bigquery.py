"""A cursor over BigQuery's client, as other drivers have one.

The client's own DB-API takes no nulls as values and reads results through a service that needs a
further role; it also tries for ten minutes what it cannot reach, longer than any lease.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from google.cloud.bigquery import (  # type: ignore[import-untyped]  # it brings no types
    DEFAULT_RETRY,
    Client,
    QueryJobConfig,
    ScalarQueryParameter,
)
from google.cloud.bigquery.retry import DEFAULT_JOB_RETRY  # type: ignore[import-untyped]  # as above

# Rows of one answer, which is at most 10 MB: a page of the delta is read in a few of them.
PAGE = 10_000
SECONDS = 60
# A statement that the client cannot hand over is tried again by the runner, with waits of its own.
UNREACHED_SECONDS = 15
# A boolean is an integer to Python.
TYPES = {bool: "BOOL", int: "INT64", float: "FLOAT64", str: "STRING", datetime: "TIMESTAMP"}


class BigQueryConnection:
    """Makes cursors of the client that dbt's adapter opened."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def cursor(self) -> BigQueryCursor:
        """A cursor with a result of its own."""
        return BigQueryCursor(self._client)


class BigQueryCursor:
    """One statement, which is a job on the server, and its rows."""

    rowcount: int | None = None

    def __init__(self, client: Client) -> None:
        self._client = client
        self._rows: Iterator[tuple[Any, ...]] = iter(())

    def execute(
        self, sql: str, values: Sequence[object] = (), *, labels: Mapping[str, str] | None = None
    ) -> None:
        """Run a statement to its end; a job that failed for the server's reasons runs again."""
        config = QueryJobConfig(
            labels=dict(labels or {}),
            query_parameters=[_parameter(value) for value in values if value is not None],
        )
        job = self._client.query(
            with_nulls(sql, values),
            job_config=config,
            retry=DEFAULT_RETRY.with_timeout(UNREACHED_SECONDS),
            job_retry=None,  # any other lets it try for ten minutes to hand the statement over
            timeout=SECONDS,
        )
        found = job.result(
            page_size=PAGE,
            retry=DEFAULT_RETRY.with_timeout(SECONDS),
            job_retry=DEFAULT_JOB_RETRY.with_timeout(SECONDS),
        )
        self.rowcount = job.num_dml_affected_rows
        self._rows = (tuple(_plain(value) for value in row.values()) for row in found)

    def fetchone(self) -> tuple[Any, ...] | None:
        """Give the next row, or none."""
        return next(self._rows, None)

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """Give the next rows."""
        return list(islice(self._rows, size))


def with_nulls(sql: str, values: Sequence[object]) -> str:
    """Write the nulls among the values into the statement: as values they would need a type."""
    if None not in values:
        return sql
    parts = sql.split("?")
    marks = ["null" if value is None else "?" for value in values]
    return "".join(part + mark for part, mark in zip(parts, [*marks, ""], strict=True))


def _parameter(value: object) -> ScalarQueryParameter:
    kind = next(kind for python, kind in TYPES.items() if isinstance(value, python))
    return ScalarQueryParameter(None, kind, value)


def _plain(value: object) -> object:
    """A point in time as the clock of UTC shows it, as other engines give it."""
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value
