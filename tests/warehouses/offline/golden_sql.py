"""The SQL of a few activations as dbt issues it, kept in files that people read and tests compare.

`python -m tests.warehouses.offline.golden_sql` writes the files anew; `git diff` then shows what
a change of the package means in each dialect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.warehouses.offline.project import TARGETS
from tests.warehouses.offline.said import Said, missing, say

FOLDER = Path(__file__).parent.parent / "golden_sql"
PACKAGE = Path(__file__).parents[3]
# Whole builds, of records with a value of every type and of events; and deltas alone, of odd
# names and several shards, and of a list.
WHOLE = ("mirrored", "events_held")
DELTAS = ("upserted", "listed_with_words")
# What is another in every build.
CHANCE = re.compile(r"\b(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")


def golden_file(dialect: str) -> Path:
    """Where the SQL of a dialect is kept."""
    return FOLDER / f"{dialect}.sql"


def golden_text(said: Said) -> str:
    """The control tables, and the statements of the second build of a few activations."""
    head = "-- Written by make golden, from what dbt issues in a second build."
    return "\n".join([head, *_sections(said)]) + "\n"


def _sections(said: Said) -> Iterator[str]:
    second = zip(said.nodes[said.second :], said.statements[said.second :], strict=True)
    issued = [(node.split(".")[-1], _tidy(sql)) for node, sql in second]
    tables = [sql for _, sql in issued if sql.startswith("create table if not exists")]
    own = [sql for sql in tables if "__synced" not in sql or "mirrored__synced" in sql]
    yield from _section("control tables and a synced state", own)
    for name in WHOLE:
        yield from _section(name, [sql for node, sql in issued if node == name])
    for name in DELTAS:
        made = [sql for node, sql in issued if node == name and "numbered_rows" in sql]
        yield from _section(f"{name}: its delta", made)
    last = [sql for _, sql in issued if sql.startswith(("update", "merge into", "insert into"))]
    yield from _section("segment memberships", [sql for sql in last if "memberships" in sql])


def _section(title: str, statements: list[str]) -> Iterator[str]:
    yield f"\n-- {title}"
    for sql in dict.fromkeys(statements):
        yield f"\n{sql}\n;"


def _tidy(sql: str) -> str:
    lines = (line.rstrip() for line in CHANCE.sub("0" * 32, sql).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip().rstrip(";").rstrip()


def main() -> None:
    """Write every file."""
    FOLDER.mkdir(exist_ok=True)
    for dialect in TARGETS:
        if adapter := missing(dialect):
            raise SystemExit(f"{adapter} must be installed.")
        with TemporaryDirectory() as folder:
            text = golden_text(say(dialect, Path(folder), PACKAGE))
        golden_file(dialect).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
