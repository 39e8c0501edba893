"""BigQuery's protocol on this machine: bqemulator, with DuckDB behind it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.warehouses.fakesnow_server import ATTEMPTS, answers, free_port

PROGRAM = Path(__file__).with_name("mended_bqemulator.py")


@contextmanager
def serve_bigquery() -> Iterator[int]:
    """A server on a free port, which ends with the block."""
    for _ in range(ATTEMPTS):
        port = free_port()
        server = subprocess.Popen(
            [sys.executable, "-W", "ignore", PROGRAM, str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            if answers(port, server):
                yield port
                return
        finally:
            server.terminate()
            server.wait()
    raise RuntimeError("bqemulator did not start")


def bigquery_output(port: int, dataset: str) -> dict[str, object]:
    """A target of a profile; without the server the driver would try for ten minutes."""
    return {
        "type": "bigquery",
        "method": "oauth-secrets",
        "token": "a-made-up-token",
        "project": "shop-1",
        "dataset": dataset,
        "location": "EU",
        "api_endpoint": f"http://127.0.0.1:{port}",
        "job_retries": 0,
        "threads": 1,
    }
