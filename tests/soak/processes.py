"""Starting a child, waiting for it, and learning how it ended: by itself, or killed."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from functools import cache
from multiprocessing import forkserver, get_context
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

from tests.soak.orders import Order, Report

CONTEXT = get_context("forkserver")
ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONPATH": str(ROOT),
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
}
PATIENCE = 180.0  # seconds; no order takes so long

Kind = Literal["dbt", "runner"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a child ended: its report, or None if it was killed; `struck` is where its fuse went."""

    report: Report | None
    struck: str | None


class Child:
    """A process that carries out one order."""

    def __init__(self, kind: Kind, order: Order) -> None:
        _prepare()
        from tests.soak.children import work

        self._pipe, other = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=work, args=(other, kind, order))
        self._process.start()
        other.close()
        self._report: Report | None = None
        self._struck: str | None = None
        self._is_mute = False

    def kill(self) -> None:
        """End it at once, as the system would."""
        if self._process.pid is not None and self._process.is_alive():
            os.kill(self._process.pid, signal.SIGKILL)

    def until_struck(self, seconds: float = PATIENCE) -> str | None:
        """Wait until its fuse strikes; None when it ended, or the time was over, before."""
        while self._struck is None and self._hear(seconds):
            pass
        return self._struck

    def go_on(self) -> None:
        """Wake it from its pause."""
        self._pipe.send("go on")

    def ended(self, seconds: float = PATIENCE) -> Ending | None:
        """Wait for its end; None when the time was over before."""
        while self._hear(seconds):
            pass
        # A process that has said its last word takes a moment to be gone.
        self._process.join(PATIENCE if self._is_mute else 0.0)
        return None if self._process.is_alive() else self._end()

    def end(self) -> Ending:
        """Wait for its end, which must come."""
        ending = self.ended()
        if ending is None:
            self.kill()
            raise TimeoutError("a child did not end")
        return ending

    def _end(self) -> Ending:
        self._process.join()
        code = self._process.exitcode
        self._process.close()
        self._pipe.close()
        if self._report is None and code != -signal.SIGKILL:
            raise RuntimeError(f"a child ended with {code} and no report")
        return Ending(report=self._report, struck=self._struck)

    def _hear(self, seconds: float) -> bool:
        """Take in its next message; False when there is none and there will be none in time."""
        if self._is_mute or not self._pipe.poll(seconds):
            return False
        try:
            message: tuple[str, Any] = self._pipe.recv()
        except (EOFError, ConnectionError):
            self._is_mute = True
            return False
        what, told = message
        if what == "fault":
            raise RuntimeError(f"a child broke off:\n{told}")
        if what == "struck":
            self._struck = told
        else:
            self._report = told
        return True


def carry_out(kind: Kind, order: Order) -> Ending:
    """Start a child and wait for its end."""
    return Child(kind, order).end()


@cache
def _prepare() -> None:
    """Start the server of processes: it finds our modules, and hashes alike in every run."""
    CONTEXT.set_forkserver_preload(["tests.soak.warm"])
    with patch.dict(os.environ, ENVIRONMENT):
        forkserver.ensure_running()
