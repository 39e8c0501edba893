"""An ordinary day: one percent changed, and some people came and went."""

from __future__ import annotations

from benchmarks.context import Context
from benchmarks.project import ACTIVATION, NOTHING
from benchmarks.scene import Scene
from benchmarks.serving import serving
from benchmarks.source import ATTRIBUTES

SECONDS = 3.0


def measure(context: Context) -> None:
    """Measure build and push beside an empty build, and what was sent beside what changed."""
    scene, results = context.duckdb(context.rows), context.results
    group = f"Daily run over {scene.rows:,} rows"
    results.console.print(group, style="bold")
    above, pushes, sent = [], [], []
    for _ in range(context.repeat):
        scene.warehouse.restore("steady")
        empty = scene.project.build(NOTHING).process.wall
        with serving(keep=True) as server:
            scene.project.destination(server.url)
            build = scene.project.build(ACTIVATION).process.wall
            process, _ = scene.project.push()
            counts = server.counts()
        above.append(build + process.wall - empty)
        pushes.append(process.wall)
        sent.append(counts.attributes / _changed(scene))
    results.add(group, "dbt build and push above an empty dbt build", "s", above, at_most=SECONDS)
    results.add(group, "of it the push, with the start of the program", "s", pushes)
    results.add(group, "attributes sent ÷ attributes changed", "x", sent, at_most=1.0)


def _changed(scene: Scene) -> int:
    """Attributes with another value now than in state 2, and the values of who is new."""
    each = [f"(new.{name} is distinct from old.{name})::int" for name in ATTRIBUTES]
    ((changed,),) = scene.warehouse.rows(
        f"select sum({' + '.join(each)}) from source.users as new "
        "left join source.users_2 as old on old.id = new.id"
    )
    return int(changed)
