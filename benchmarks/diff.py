"""Finding what changed: `dbt build` of one activation against a statement written by hand."""

from __future__ import annotations

import statistics

from benchmarks import floors
from benchmarks.context import LARGE, Context
from benchmarks.engines import MEMORY_LIMIT, SCHEMA
from benchmarks.project import ACTIVATION, NOTHING, Build
from benchmarks.results import Results
from benchmarks.scene import Scene
from benchmarks.source import Engine

SOURCE = "source.users"
TABLE = f"{SCHEMA}.{ACTIVATION}"
# Of so large a size one run is enough to be paid for.
ONCE_FROM = 5_000_000
FLOORS = 2.0


class DisagreementError(Exception):
    """The floor and the product found different deltas, so their times say nothing."""


def measure(context: Context) -> None:
    """Measure every size and engine that the run is to have."""
    sizes: list[tuple[Engine, int]] = [("duckdb", context.rows)]
    if context.large:
        sizes.append(("duckdb", LARGE))
    sizes += [("postgres", rows) for rows in context.postgres_rows]
    medians: dict[tuple[Engine, int], float] = {}
    for engine, rows in sizes:
        scene = context.scene(engine, rows)
        if scene:
            medians[engine, rows] = _measure(scene, context)
    for engine in ("duckdb", "postgres"):
        measured = sorted(rows for name, rows in medians if name == engine)
        if len(measured) > 1:
            few, many = measured[0], measured[-1]
            growth = medians[engine, many] / medians[engine, few] / (many / few)
            group = f"Diff on {engine}: {many:,} rows against {few:,}"
            context.results.add(group, "seconds a row, the model with its hooks", "x", growth)


def _measure(scene: Scene, context: Context) -> float:
    engine, results = scene.warehouse.name, context.results
    limit = f", {MEMORY_LIMIT}" if engine == "duckdb" else ""
    group = f"Diff of {scene.rows:,} rows on {engine}{limit}"
    results.console.print(group, style="bold")
    repeat = 3 if scene.rows >= ONCE_FROM else context.repeat
    empty, builds = _builds(scene, repeat)
    above = [b.process.wall - e.process.wall for e, b in zip(empty, builds, strict=True)]
    work = [b.process.cpu - e.process.cpu for e, b in zip(empty, builds, strict=True)]
    inside = [build.node_seconds for build in builds]
    floors_of_both = [_floor(scene, by_hash=by_hash, repeat=repeat) for by_hash in (True, False)]
    floor = min(floors_of_both, key=statistics.median)
    lead = statistics.median(floor)
    results.add(group, "empty dbt build", "s", [e.process.wall for e in empty])
    results.add(group, "dbt build above an empty one", "s", above)
    results.add(group, "of it the model with its hooks", "s", inside)
    if engine == "duckdb":
        results.add(group, "processor time above an empty one", "s", work)
    heard = [_heard(b) - _heard(e) for e, b in zip(empty, builds, strict=True)]
    results.add(group, "of that in the warehouse, all statements", "s", heard)
    results.add(group, "of that the diff's statement", "s", [_longest(b) for b in builds])
    results.add(group, "floor: one statement by hand", "s", floor)
    whole = [each / lead for each in above]
    results.add(group, "dbt build ÷ floor", "x", whole, at_most=FLOORS)
    results.add(group, "all statements ÷ floor", "x", [each / lead for each in heard])
    found = [_longest(build) / lead for build in builds]
    results.add(group, "the diff's statement ÷ floor", "x", found, at_most=FLOORS)
    results.add(group, "peak memory of dbt build", "MiB", [b.process.peak_mib for b in builds])
    results.note(
        group, {"statements": [(s.node, s.sql[:200], s.seconds) for s in builds[-1].statements]}
    )
    _first_load(scene, statistics.median(e.process.wall for e in empty), results, group)
    return statistics.median(inside)


def _builds(scene: Scene, repeat: int) -> tuple[list[Build], list[Build]]:
    """Builds of an ordinary day, each beside an empty one."""
    empty, builds = [], []
    for _ in range(repeat):
        scene.warehouse.restore("steady")
        empty.append(scene.project.build(NOTHING))
        builds.append(scene.project.build())
    return empty, builds


def _heard(build: Build) -> float:
    """Seconds that the warehouse worked for a build; the rest is dbt's own program."""
    return sum(statement.seconds for statement in build.statements)


def _longest(build: Build) -> float:
    return max(statement.seconds for statement in build.statements)


def _floor(scene: Scene, *, by_hash: bool, repeat: int) -> list[float]:
    """Seconds of the statement by hand, right after a build, whose delta it must equal."""
    warehouse, engine = scene.warehouse, scene.warehouse.name
    warehouse.execute(*floors.drop(), floors.state(engine, "source.users_2"))
    if engine == "postgres":
        warehouse.execute(f"alter table {floors.STATE} add primary key (id)", "vacuum analyze")
    statement = floors.delta(engine, SOURCE, by_hash=by_hash)
    seconds = []
    for _ in range(repeat):
        warehouse.execute(f"drop table if exists {floors.DELTA}")
        seconds.append(warehouse.execute(statement))
    _must_agree(scene)
    return seconds


def _must_agree(scene: Scene) -> None:
    ((odd,),) = scene.warehouse.rows(floors.differences(TABLE))
    if odd:
        raise DisagreementError(f"{odd} rows of the floor's delta are not those of {TABLE}")


def _first_load(scene: Scene, empty: float, results: Results, group: str) -> None:
    """The first build and the fold of the second, against writing delta and state once."""
    warehouse, engine = scene.warehouse, scene.warehouse.name
    warehouse.restore("planned")
    seconds = warehouse.execute(floors.first_delta(engine, SOURCE))
    _must_agree(scene)
    seconds += warehouse.execute(floors.first_state())
    first = scene.first.process.wall - empty
    second = scene.second.process.wall - empty
    results.add(group, "first load: the first build", "s", first)
    results.add(group, "first load: the next build, which folds", "s", second)
    results.add(group, "first load: floor, delta and state", "s", seconds)
    ratio = (first + second) / seconds
    results.add(group, "first load ÷ floor", "x", ratio, at_most=FLOORS)
    peak = max(scene.first.process.peak_mib, scene.second.process.peak_mib)
    results.add(group, "first load: peak memory of dbt build", "MiB", peak)
