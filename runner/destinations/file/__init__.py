"""Files: the delta as CSV, JSON lines or Parquet, on this machine's disk or in a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from runner.destinations.access import Probe
from runner.destinations.file.services import CSV, JSONL, PARQUET
from runner.destinations.file.settings import OPTIONS
from runner.destinations.service import Connection, Platform, Reply

if TYPE_CHECKING:
    from runner.transport import Transport

__all__ = ["PLATFORM"]

OK = 200


def _opened(connection: Connection, _: Platform) -> Transport:
    # Its library is looked for only where files are written.
    from runner.destinations.file.writing import FileTransport

    return FileTransport(connection)


def _headers(_: Connection) -> Mapping[str, str]:
    return {}


def _explain(reply: Reply, connection: Connection) -> str | None:
    return None if reply.status == OK else f"{connection.url} cannot be written to."


PLATFORM = Platform(
    name="file",
    title="Files",
    secrets=(),
    options=OPTIONS,
    schemes=("file", "s3", "gs", "az", "abfs", "sftp"),
    opened=_opened,
    headers=_headers,
    wait_after_429=lambda _: None,
    probe=lambda _: Probe(method="CHECK", path="/", body=b"", explain=_explain),
    services=(CSV, JSONL, PARQUET),
)
