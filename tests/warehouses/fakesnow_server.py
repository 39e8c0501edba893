"""Snowflake's protocol on this machine: fakesnow's server, with DuckDB behind it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from runner.profiles import Profile
from tests.support.warehouses import SCHEMA, written_profile

PROGRAM = Path(__file__).with_name("mended_fakesnow.py")
WAITS = 240  # quarters of a second until the server must have started
ATTEMPTS = 5  # another program may take the free port between its choice and the start


@contextmanager
def serve_snowflake() -> Iterator[int]:
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
    raise RuntimeError("fakesnow did not start")


def snowflake_profile(folder: Path, port: int, database: str) -> Profile:
    """A profile of a database of the server, which makes it at the first login."""
    output: dict[str, object] = {
        "type": "snowflake",
        "account": "fakesnow",
        "user": "fake",
        "password": "a-made-up-password",
        "host": "localhost",
        "port": port,
        "protocol": "http",
        "database": database,
        "schema": SCHEMA.schema,
        "warehouse": "WH",
        "threads": 1,
    }
    return written_profile(folder, output)


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(port: int, server: subprocess.Popen[bytes]) -> bool:
    """Wait until the server can be reached; false if it ended instead."""
    for _ in range(WAITS):
        if server.poll() is not None:
            return False
        with closing(socket.socket()) as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.25)
    return False
