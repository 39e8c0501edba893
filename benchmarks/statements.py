"""How many statements the warehouse hears, and how many rows they write."""

from __future__ import annotations

import re
from collections.abc import Callable

from benchmarks.context import SMALL, Context
from benchmarks.engines import SCHEMA, PostgreSQL
from benchmarks.project import ACTIVATION
from benchmarks.scene import Scene
from benchmarks.serving import serving
from benchmarks.source import showing

_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (?:/\*.*?\*/)?\s*(\S+)", re.DOTALL)
_FRAME = {"begin", "commit", "rollback", "set"}


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
        for state, change in ((2, "nothing changed"), (1, "1 % changed")):
            warehouse.restore("steady")
            project.build()
            project.settle()
            warehouse.execute(showing(2 if state == 1 else 1))
            _count(context, scene, f"empty build, {change}", lambda: project.build("nothing"))
            _count(context, scene, f"build, {change}", project.build)
            _count(context, scene, f"push, {change}", project.push)
    warehouse.log_statements(whether=False)


def _count(context: Context, scene: Scene, name: str, work: Callable[[], object]) -> None:
    warehouse = scene.warehouse
    if not isinstance(warehouse, PostgreSQL):
        return
    begin, written = warehouse.log.stat().st_size, _written(warehouse)
    work()
    with warehouse.log.open(errors="replace") as log:
        log.seek(begin)
        verbs = [verb.lower().rstrip(";") for verb in _STATEMENT.findall(log.read())]
    counted = [verb for verb in verbs if verb not in _FRAME]
    group = f"Statements of {scene.rows:,} rows on PostgreSQL"
    context.results.add(group, name, "statements", len(counted))
    rows = _written(warehouse) - written
    if name.startswith("build"):
        ((planned,),) = warehouse.rows(f"select count(*) from {SCHEMA}.{ACTIVATION}")
        rows += planned
    context.results.add(group, f"{name}: rows written", "rows", rows)


def _written(warehouse: PostgreSQL) -> int:
    """Rows inserted, updated and deleted so far.

    System tables are left out, and so is the delta, whose count goes when a build replaces it.
    """
    ((rows,),) = warehouse.rows(
        "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) from pg_stat_user_tables "
        f"where relname <> '{ACTIVATION}'"
    )
    return int(rows)
