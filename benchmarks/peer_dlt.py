"""dlt with a destination of one's own; runs in the environment of the peers.

Usage: peer_dlt.py FILE URL - where the DuckDB file is, and where rows go, 75 a request.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import dlt
import duckdb
import requests

PAGE = 75
CHUNK = 10_000


def users(file: str) -> Iterator[list[dict[str, Any]]]:
    """The rows, as a resource yields them."""
    with duckdb.connect(file, read_only=True) as connection:
        found = connection.execute(
            "select cast(id as varchar) as external_id, * exclude (id) from source.users"
        )
        names = [column[0] for column in found.description or ()]
        while rows := found.fetchmany(CHUNK):
            yield [dict(zip(names, row, strict=True)) for row in rows]


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON can hold it, without dlt's own columns."""
    return {
        name: value if value is None or isinstance(value, int) else str(value)
        for name, value in item.items()
        if not name.startswith("_dlt")
    }


def main(file: str, url: str) -> None:
    """Load everything, by dlt's own defaults but for the size of a page."""
    session = requests.Session()

    def send(items: Any, table: Any) -> None:  # noqa: ANN401, ARG001 - as dlt calls it
        body = {"attributes": [_plain(item) for item in items]}
        session.post(f"{url}/users/track", json=body, timeout=60).raise_for_status()

    braze = dlt.destination(send, batch_size=PAGE, name="braze", naming_convention="direct")
    pipeline = dlt.pipeline("bench", destination=braze, dataset_name="bench")
    resource = dlt.resource(users(file), name="users", write_disposition="append")
    pipeline.run(resource).raise_on_failed_jobs()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
