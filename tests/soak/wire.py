"""The wire between a child and its warehouse: counts statements, and breaks where it is told to."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

from tests.soak.orders import Fuse

T = TypeVar("T")
NOW = re.compile(r"\((current_timestamp|clock_timestamp\(\)) at time zone 'UTC'\)")
# What a statement does, by its text; the first that fits names it.
PLACES = {
    "begin": r"^\s*begin",
    "commit": r"^\s*commit",
    "make a table": r"^\s*(/\*.*?\*/)?\s*create\s+(schema|table if not exists)",
    "delta": r"create\s+(or replace\s+)?table|create view|create or replace view",
    "swap of the delta": r"\b(rename|drop)\b",
    "index of the delta": r"create index",
    "removed activations": r"removed_at = case",
    "registration": r"(merge|insert) into \S*tailrace_activations",
    "lease": r"update \S*tailrace_activations\W+set\s+lease",
    "hold": r"update \S*tailrace_activations",
    "watermark": r"(update|insert into|delete from) \S*tailrace_watermarks",
    "rejected rows": r"(update|insert into|delete from) \S*tailrace_rejected_rows",
    "runs": r"(update|insert into|delete from) \S*tailrace_runs",
    "circuit": r"(update|insert into|delete from) \S*tailrace_circuits",
    "synced state": r"(update|insert into|delete from) \S*__synced",
    "other write": r"^\s*(/\*.*?\*/)?\s*(update|insert|delete|merge|alter)",
}


def place_of(sql: str) -> str:
    """What a statement does, in a word or two."""
    plain = sql.replace('"', "")
    for name, pattern in PLACES.items():
        if re.search(pattern, plain, re.IGNORECASE | re.DOTALL):
            return name
    return "read"


class Wire:
    """Lets statements through; `broken` is what a failed one raises."""

    def __init__(
        self, pipe: Connection, fuse: Fuse | None, shift: int, broken: Callable[[str], Exception]
    ) -> None:
        self._pipe = pipe
        self._fuse = fuse
        self._shift = shift
        self._broken = broken
        self._is_dead = False
        self.places: list[str] = []

    def carry(self, sql: str, run: Callable[[str], T]) -> T:
        """Run a statement, unless the wire breaks just before or after it."""
        if self._is_dead:
            raise self._broken("the connection is gone")
        self.places.append(place_of(sql))
        fuse = self._fuse
        struck = fuse if fuse and fuse.statement == len(self.places) else None
        if struck and not struck.after:
            self._strike(struck)
        done = run(self._shifted(sql))
        if struck and struck.after:
            self._strike(struck)
        return done

    def _shifted(self, sql: str) -> str:
        if not self._shift:
            return sql
        return NOW.sub(lambda now: f"({now.group()} + interval '{self._shift} seconds')", sql)

    def _strike(self, fuse: Fuse) -> None:
        self._pipe.send(("struck", self.places[-1]))
        if fuse.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif fuse.action == "pause":
            self._pipe.recv()
        else:
            self._is_dead = fuse.action == "die"
            raise self._broken("the connection broke")
