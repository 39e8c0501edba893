"""Measures the product on this machine: `make bench`, or `python -m benchmarks`."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import daily, diff, memory, peers, push, startup, statements
from benchmarks.context import LARGE, SMALL, Context
from benchmarks.project import ROOT
from benchmarks.results import Results

MEASURES = {
    "startup": startup.measure,
    "diff": diff.measure,
    "daily": daily.measure,
    "push": push.measure,
    "memory": memory.measure,
    "statements": statements.measure,
}
APART = {"peers": peers.measure}
RESULT = ROOT / "target" / "benchmarks.json"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of: {', '.join(MEASURES)}; or peers")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3, help="runs of most measurements")
    parser.add_argument("--large", action="store_true", help=f"{LARGE:,} rows too (long)")
    parser.add_argument("--postgres-rows", type=int, nargs="*", default=[SMALL])
    parser.add_argument("--json", type=Path, default=RESULT, help="where to write the figures")
    given = parser.parse_args()
    if unknown := set(given.names) - {*MEASURES, *APART}:
        parser.error(f"no measurement is called {', '.join(sorted(unknown))}")
    return given


def main() -> None:
    """Measure what is asked for, write the figures and show them."""
    given, results = _arguments(), Results()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text stream
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="tailrace-bench-"))
    context = Context(
        folder=folder,
        results=results,
        rows=given.rows,
        repeat=given.repeat,
        large=given.large,
        postgres_rows=tuple(given.postgres_rows),
    )
    try:
        for name in given.names or MEASURES:
            {**MEASURES, **APART}[name](context)
            results.write(given.json)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    results.show()
    results.console.print(f"{given.json} holds each run. It took {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
