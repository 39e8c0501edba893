"""Stand-ins of warehouses that are programs: each is started on a free port."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port, listens

WAITS = 240  # quarters of a second until the server must have started
ATTEMPTS = 5  # another program may take the free port between its choice and the start


@contextmanager
def serve(program: Path) -> Iterator[int]:
    """The program with a port as its argument, which ends with the block; yields the port."""
    for _ in range(ATTEMPTS):
        port = free_port()
        server = subprocess.Popen(
            [sys.executable, "-W", "ignore", program, str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            if _answers(port, server):
                yield port
                return
        finally:
            server.terminate()
            server.wait()
    raise RuntimeError(f"{program.name} did not start")


def _answers(port: int, server: subprocess.Popen[bytes]) -> bool:
    """Wait until the server can be reached; false if it ended instead."""
    for _ in range(WAITS):
        if server.poll() is not None:
            return False
        if listens(port):
            return True
        time.sleep(0.25)
    return False
