"""Ports of the loopback address: a free one, and whether somebody listens."""

from __future__ import annotations

import socket


def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether a connection to the port is taken."""
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0
