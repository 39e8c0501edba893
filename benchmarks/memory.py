"""The runner's memory: it must not grow with the number of rows."""

from __future__ import annotations

import sys

from benchmarks.context import LARGE, SMALL, Context
from benchmarks.processes import run
from benchmarks.push import UNBOUND
from benchmarks.serving import serving

GROWTH, ABOVE = 20.0, 150.0


def measure(context: Context) -> None:
    """Push a small and a large delta, and compare the largest memory of both."""
    results, group = context.results, "Memory of the runner (DuckDB)"
    results.console.print(group, style="bold")
    many = LARGE if context.large else context.rows
    peaks = {rows: _peak(context, rows) for rows in (SMALL, many)}
    driver = run([sys.executable, "-c", "import duckdb"]).peak_mib
    adapter = run([sys.executable, "-c", "import dbt.adapters.duckdb"]).peak_mib
    for rows, peak in peaks.items():
        results.add(group, f"peak of a push of {rows:,} rows", "MiB", peak)
    results.add(group, "bare import of the driver", "MiB", driver)
    results.add(group, "bare import of dbt's adapter", "MiB", adapter)
    results.add(group, "growth with the rows", "MiB", peaks[many] - peaks[SMALL], at_most=GROWTH)
    results.add(group, "peak above dbt's adapter", "MiB", peaks[many] - adapter, at_most=ABOVE)


def _peak(context: Context, rows: int) -> float:
    if rows in context.peaks:
        return context.peaks[rows]
    scene = context.duckdb(rows)
    scene.warehouse.restore("planned")
    with serving() as server:
        scene.project.destination(server.url, UNBOUND)
        process, _ = scene.project.push()
    return process.peak_mib
