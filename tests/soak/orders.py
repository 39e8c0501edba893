"""What a child is told to do, and what it tells of how that ended. Nothing here is slow to import.

Orders and reports travel between processes, so they are plain data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

SCHEMA = "marketing"
Action = Literal["kill", "fail", "die", "pause"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fuse:
    """What strikes at the n-th statement of a process, just before or just after it took effect.

    kill: SIGKILL · fail: this statement fails, the next one works again · die: the connection is
    gone for good · pause: the process waits until it is told to go on.
    """

    statement: int
    after: bool = False
    action: Action = "kill"

    def __str__(self) -> str:
        return f"{self.action} {'after' if self.after else 'before'} statement {self.statement}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a process works.

    `arguments` are those of dbt or of the runner. `autocommit` makes every statement a transaction
    of its own, as in warehouses that know no other; `shift` sets the warehouse's clock, in
    seconds; `eager` writes a watermark after every page, else only when the runner must.
    """

    arguments: tuple[str, ...]
    fuse: Fuse | None = None
    autocommit: bool = False
    shift: int = 0
    eager: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a process that was not killed tells: exit code (dbt: 0 or 1) and what it said.

    `nodes` are those of dbt with their status; `places` says what each statement was for.
    """

    code: int
    text: str
    nodes: dict[str, str] = field(default_factory=dict)
    places: tuple[str, ...] = ()


def dbt_arguments(folder: Path) -> list[str]:
    """Where dbt finds its project; it writes no log and no artifacts.

    The static parser keeps threads, which are not there any more in a forked process.
    """
    places = ["--project-dir", str(folder), "--profiles-dir", str(folder), "--no-static-parser"]
    return [*places, "--quiet", "--log-level-file", "none", "--no-write-json", "--no-use-colors"]


def runner_arguments(folder: Path) -> list[str]:
    """Where the runner finds its project."""
    return ["--project-dir", str(folder), "--profiles-dir", str(folder), "--json"]
