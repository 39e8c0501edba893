"""The days of an activation, played once and kept, so that each measurement begins where it wants.

`source`: nothing built yet. `planned`: the first build has planned every row, nothing is sent.
`folded`: every row was sent and is in the synced state. `steady`: yesterday's changes were sent,
and today as many await the next build, which folds yesterday's: a build of every day.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines import Warehouse
from benchmarks.project import Build, Project
from benchmarks.source import showing, statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A project over so many rows, with what its first two builds took."""

    rows: int
    warehouse: Warehouse
    project: Project
    first: Build
    second: Build


def play(folder: Path, warehouse: Warehouse, rows: int) -> Scene:
    """Make the source and build until an ordinary day."""
    warehouse.execute(*statements(warehouse.name, rows))
    project = Project(folder / f"project-{warehouse.name}-{rows}", warehouse)
    project.build("nothing")
    project.build("nothing", bare=True)
    warehouse.save("source")
    first = project.build()
    warehouse.save("planned")
    project.settle()
    second = project.build()
    warehouse.save("folded")
    warehouse.execute(showing(2))
    project.build()
    project.settle()
    warehouse.execute(showing(1))
    warehouse.save("steady")
    return Scene(rows=rows, warehouse=warehouse, project=project, first=first, second=second)
