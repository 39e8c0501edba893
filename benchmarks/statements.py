"""How many statements the warehouse hears, and how many rows they write and bytes they read."""

from __future__ import annotations

import re
from collections.abc import Callable

from benchmarks.context import SMALL, Context
from benchmarks.engines import PostgreSQL
from benchmarks.project import ACTIVATION
from benchmarks.scanned import bytes_read
from benchmarks.scene import Scene
from benchmarks.serving import serving
from benchmarks.source import State, showing

_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (?:/\*.*?\*/)?\s*(\S+)", re.DOTALL)
_FRAME = {"begin", "commit", "rollback", "set"}
_TABLES = {ACTIVATION: "delta", f"{ACTIVATION}__synced": "synced state"}
# What was sent and not folded yet (1 % or nothing), and what the model shows.
_CASES: tuple[tuple[str, bool, State], ...] = (
    ("nothing changed", False, 1),
    ("nothing changed, 1 % sent before", True, 1),
    ("1 % changed, 1 % sent before", True, 2),
)


def measure(context: Context) -> None:
    """Count on PostgreSQL, by the server's own log and statistics."""
    scene = context.scene("postgres", SMALL)
    if not scene or not isinstance(scene.warehouse, PostgreSQL):
        return
    warehouse, project = scene.warehouse, scene.project
    context.results.console.print(f"Statements, {SMALL:,} rows on PostgreSQL", style="bold")
    warehouse.log_statements(whether=True)
    with serving() as server:
        project.destination(server.url)
        for case, sent, state in _CASES:
            warehouse.restore("steady")
            project.build()
            project.settle()
            if not sent:
                project.build()
            warehouse.execute(showing(state))
            _count(context, scene, f"empty build, {case}", lambda: project.build("nothing"))
            _count(context, scene, f"build, {case}", project.build)
            _count(context, scene, f"push, {case}", project.push)
    _weigh(context, scene)
    warehouse.log_statements(whether=False)


def _count(context: Context, scene: Scene, name: str, work: Callable[[], object]) -> None:
    warehouse = scene.warehouse
    if not isinstance(warehouse, PostgreSQL):
        return
    begin, before = warehouse.log.stat().st_size, _written(warehouse)
    work()
    with warehouse.log.open(errors="replace") as log:
        log.seek(begin)
        verbs = [verb.lower().rstrip(";") for verb in _STATEMENT.findall(log.read())]
    counted = [verb for verb in verbs if verb not in _FRAME]
    group = f"Statements of {scene.rows:,} rows on PostgreSQL"
    context.results.add(group, name, "statements", len(counted))
    for (table, place), rows in _written(warehouse).items():
        # A delta is another table after each build, and counts from nothing.
        if written := rows - before.get((table, place), 0):
            context.results.add(group, f"{name}: written to the {table}", "rows", written)


def _written(warehouse: PostgreSQL) -> dict[tuple[str, str], int]:
    """Rows inserted, updated and deleted so far: by kind of table, and for a delta which one."""
    found: dict[tuple[str, str], int] = {}
    for table, oid, rows in warehouse.rows(
        "select relname, relid, n_tup_ins + n_tup_upd + n_tup_del from pg_stat_user_tables"
    ):
        kind = _TABLES.get(table, "control tables")
        key = kind, str(oid) if kind == "delta" else ""
        found[key] = found.get(key, 0) + int(rows)
    return found


def _weigh(context: Context, scene: Scene) -> None:
    """What a warehouse of columns would read, by the delta of 1 % that was just built."""
    group = f"Columns that a build of {scene.rows:,} rows names, 1 % changed and sent before"
    for part, size in bytes_read(scene.warehouse).items():
        context.results.add(group, part, "bytes a row of the model", size)
