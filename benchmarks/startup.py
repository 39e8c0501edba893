"""How long a person waits for an answer to small questions."""

from __future__ import annotations

from benchmarks.context import SMALL, Context
from benchmarks.project import NOTHING

HELP, STATUS = 0.3, 1.5


def measure(context: Context) -> None:
    """Measure help, status, and dbt itself with and without the package."""
    scene, results, group = context.duckdb(SMALL), context.results, "Start-up"
    results.console.print(group, style="bold")
    scene.warehouse.restore("steady")
    project, runs = scene.project, range(context.repeat)
    project.destination("http://127.0.0.1:9")
    helped = [project.runner("push", "--help").wall for _ in runs]
    status = [project.runner("status").wall for _ in runs]
    results.add(group, "runner --help", "s", helped, at_most=HELP)
    results.add(group, "runner status", "s", status, at_most=STATUS)
    pairs = [(project.build(NOTHING), project.build(NOTHING, bare=True)) for _ in runs]
    results.add(
        group, "empty dbt build without the package", "s", [b.process.wall for _, b in pairs]
    )
    results.add(
        group,
        "what the package adds to an empty dbt build",
        "s",
        [w.process.wall - b.process.wall for w, b in pairs],
    )
