"""Starts the server in a process of its own, asks it for its counts, and stops it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.project import ROOT
from benchmarks.server import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A server that runs."""

    port: int

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def counts(self) -> Counts:
        """What came in so far."""
        with urllib.request.urlopen(f"{self.url}/counts", timeout=600) as answer:  # noqa: S310
            return Counts(**json.load(answer))


@contextmanager
def serving(*, latency: float = 0.0, limit: int = 0, keep: bool = False) -> Iterator[Served]:
    """Serve; see `benchmarks.server`."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.server",
        f"--latency={latency}",
        f"--limit={limit}",
    ]
    process = subprocess.Popen(
        [*command, *(["--keep"] if keep else [])],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        port = int(process.stdout.readline()) if process.stdout else 0
        yield Served(port=port)
    finally:
        process.communicate("")
