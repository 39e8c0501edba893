"""What every measurement is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.engines import DuckDB, Warehouse, postgres
from benchmarks.results import Results
from benchmarks.scene import Scene, play
from benchmarks.source import Engine

LARGE = 10_000_000
SMALL = 100_000


@dataclass(slots=True, kw_only=True)
class Context:
    """A run of the benchmarks: where, how large, how often, and what was played already."""

    folder: Path
    results: Results
    rows: int = 1_000_000
    repeat: int = 5
    large: bool = False
    postgres_rows: tuple[int, ...] = (SMALL,)
    peaks: dict[int, float] = field(default_factory=dict)  # of pushes so far, by rows
    _scenes: dict[tuple[Engine, int], Scene | None] = field(default_factory=dict)

    def scene(self, engine: Engine, rows: int) -> Scene | None:
        """The scene of that size, played when it is first asked for; None without the engine."""
        key = engine, rows
        if key not in self._scenes:
            warehouse = self._warehouse(engine, rows)
            if warehouse is None:
                self.results.console.print(f"  ({engine} is not installed, so it is left out)")
                self._scenes[key] = None
            else:
                self._scenes[key] = play(self.folder, warehouse, rows)
        return self._scenes[key]

    def duckdb(self, rows: int) -> Scene:
        """The scene on DuckDB, which is always there."""
        scene = self.scene("duckdb", rows)
        if scene is None:
            raise LookupError("DuckDB is missing")
        return scene

    def _warehouse(self, engine: Engine, rows: int) -> Warehouse | None:
        if engine == "postgres":
            return postgres()
        place = self.folder / f"duckdb-{rows}"
        place.mkdir()
        return DuckDB(place)
