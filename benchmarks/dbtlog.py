"""Which statements a run of dbt made, and how long each took, by its own log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_ASKED = re.compile(r"\[debug\] \[.*?\]: On (\S+): (.*)")
_DONE = re.compile(r"\[debug\] \[.*?\]: SQL status: .* in ([\d.]+) seconds")
_NEW_ENTRY = re.compile(r"^\d\d:\d\d:\d\d[.\d]* \[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement: for which node or hook, its text without comments, and its seconds."""

    node: str
    sql: str
    seconds: float


def read_statements(log: Path) -> list[Statement]:
    """The statements of a log, in the order in which they ended."""
    found: list[Statement] = []
    node, text, open_text = "", "", False
    for line in log.read_text(errors="replace").splitlines():
        if asked := _ASKED.search(line):
            node, text, open_text = asked[1], asked[2], True
        elif done := _DONE.search(line):
            if text:
                sql = " ".join(_COMMENT.sub(" ", text).split())
                found.append(Statement(node=node, sql=sql, seconds=float(done[1])))
            text, open_text = "", False
        elif _NEW_ENTRY.match(line):
            open_text = False
        elif open_text:
            text += "\n" + line
    return found
