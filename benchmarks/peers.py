"""Other programs, with the same rows and the same server: `make bench-peers`.

They send every row; neither finds who left in a DuckDB source, so an ordinary day is not compared.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml

from benchmarks.context import Context
from benchmarks.engines import DuckDB
from benchmarks.processes import Run, run
from benchmarks.project import ROOT
from benchmarks.push import UNBOUND
from benchmarks.scene import Scene
from benchmarks.serving import Served, serving

PROGRAMS = ROOT / ".venv-bench" / "bin"
CHUNK = 7500  # rows that drt hands to its destination at a time: a connection each
MODEL = "select cast(id as varchar) as external_id, * exclude (id) from source.users"


def measure(context: Context) -> None:
    """Load all rows with each program that is installed, and with the product."""
    scene, results = context.duckdb(context.rows), context.results
    group = f"Peers: {scene.rows:,} rows sent to the same server"
    results.console.print(group, style="bold")
    if not PROGRAMS.exists():
        results.console.print("  (install them with make bench-peers)")
        return
    loads: dict[str, Callable[[Context, Scene, Served], list[Run]]] = {
        "dbt build and runner push": _own,
        "drt-core, every row": _drt,
        "dlt, every row": _dlt,
    }
    for name, load in loads.items():
        with serving() as server:
            runs = load(context, scene, server)
            counts = server.counts()
        if counts.rows != scene.rows:
            results.console.print(f"  {name} sent {counts.rows:,} rows of {scene.rows:,}")
        wall = sum(each.wall for each in runs)
        results.add(group, name, "s", wall)
        results.add(group, f"{name}: rows a second", "rows/s", counts.rows / wall)
        results.add(group, f"{name}: peak memory", "MiB", max(each.peak_mib for each in runs))


def _own(_: Context, scene: Scene, server: Served) -> list[Run]:
    """From the source to the last watermark: diff, register and push."""
    scene.warehouse.restore("source")
    scene.project.destination(server.url, UNBOUND)
    build = scene.project.build().process
    pushed, _event = scene.project.push()
    return [build, pushed]


def _file(scene: Scene) -> Path:
    if not isinstance(scene.warehouse, DuckDB):
        raise TypeError("peers are compared on DuckDB")
    return scene.warehouse.file


def _drt(context: Context, scene: Scene, server: Served) -> list[Run]:
    home = context.folder / "drt"
    (home / "syncs").mkdir(parents=True)
    (home / ".drt").mkdir()
    profile = {"type": "duckdb", "database": str(_file(scene))}
    destination = {
        "type": "rest_api",
        "url": f"{server.url}/users/track",
        "headers": {"Content-Type": "application/json"},
        "body_mode": "batch",
        "batch_template": '{"attributes": {{ rows | tojson_safe }}}',
        "max_records_per_request": 75,
    }
    sync = {
        "name": "users",
        "model": MODEL,
        "destination": destination,
        "sync": {
            "mode": "full",
            "batch_size": CHUNK,
            "rate_limit": {"requests_per_second": 1_000_000},
        },
    }
    (home / ".drt/profiles.yml").write_text(yaml.safe_dump({"bench": profile}))
    (home / "drt_project.yml").write_text(yaml.safe_dump({"name": "bench", "profile": "bench"}))
    (home / "syncs/users.yml").write_text(yaml.safe_dump(sync))
    return [run([PROGRAMS / "drt", "run"], cwd=home, environment={"HOME": str(home)})]


def _dlt(context: Context, scene: Scene, server: Served) -> list[Run]:
    home = context.folder / "dlt"
    home.mkdir()
    script = Path(__file__).with_name("peer_dlt.py")
    environment = {
        "HOME": str(home),
        "DLT_DATA_DIR": str(home / "data"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "PYTHONPATH": "",
    }
    command: list[str | Path] = [PROGRAMS / "python", script, _file(scene), server.url]
    return [run(command, cwd=home, environment=environment)]
