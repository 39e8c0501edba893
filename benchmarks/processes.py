"""Runs programs and says how long they took and how much memory they held at most.

A child counts its parent's memory as its own until it runs its program, so programs are started by
a small process in between: this file, run as a script.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KIB_A_MIB = 1024
# macOS counts bytes, other systems KiB.
UNIT = 1024 if sys.platform == "darwin" else 1


class ProgramError(Exception):
    """A program ended badly; the text is what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One program's run: seconds by the clock and of the processor, and its largest memory."""

    wall: float
    cpu: float
    peak_mib: float
    output: str


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Run:
    """Run a program to its end; ProgramError unless it ends with 0."""
    with tempfile.TemporaryDirectory(prefix="tailrace-run-") as folder:
        report, said = Path(folder) / "report.json", Path(folder) / "output"
        with said.open("wb") as output:
            subprocess.run(
                [sys.executable, "-I", __file__, report, *command],
                check=True,
                cwd=cwd,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        text = said.read_text(errors="replace")
        found = json.loads(report.read_text())
    if found["code"]:
        words = " ".join(map(str, command))
        raise ProgramError(f"`{words}` ended with {found['code']}:\n{text}")
    return Run(wall=found["wall"], cpu=found["cpu"], peak_mib=found["peak_mib"], output=text)


def _report(report: str, command: list[str]) -> None:
    began = time.perf_counter()
    process = os.spawnvp(os.P_NOWAIT, command[0], command)  # noqa: S606 - none is wanted
    _, status, used = os.wait4(process, 0)
    found = {
        "wall": time.perf_counter() - began,
        "cpu": used.ru_utime + used.ru_stime,
        "peak_mib": used.ru_maxrss / UNIT / KIB_A_MIB,
        "code": os.waitstatus_to_exitcode(status),
    }
    Path(report).write_text(json.dumps(found))


if __name__ == "__main__":
    _report(sys.argv[1], sys.argv[2:])
