"""Collects figures, writes them to a JSON file and shows them as a table."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.table import Table

PACKAGES = ("dbt-core", "dbt-duckdb", "dbt-postgres", "duckdb", "psycopg2-binary", "pycurl")
PLACES = ((1000, 0), (10, 1), (0, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured thing: each run's value, and the target in words with whether it is met."""

    group: str
    name: str
    unit: str
    values: list[float]
    target: str = ""
    met: bool | None = None

    @property
    def median(self) -> float:
        """The value in the middle."""
        return statistics.median(self.values)

    @property
    def spread(self) -> str:
        """The smallest and the largest value."""
        if len(self.values) == 1:
            return "one run"
        return f"{shown(min(self.values))} to {shown(max(self.values))}"


@dataclass(slots=True)
class Results:
    """The figures of a run, shown as they come."""

    console: Console = field(default_factory=Console)
    figures: list[Figure] = field(default_factory=list)
    notes: dict[str, object] = field(default_factory=dict)

    def add(
        self,
        group: str,
        name: str,
        unit: str,
        values: float | Sequence[float],
        *,
        at_most: float | None = None,
        at_least: float | None = None,
    ) -> Figure:
        """Add a figure, with the bound that its median is to keep."""
        listed = [float(values)] if isinstance(values, int | float) else [float(v) for v in values]
        median = statistics.median(listed)
        target, met = "", None
        if at_most is not None:
            target, met = f"≤ {shown(at_most)}", median <= at_most
        if at_least is not None:
            target, met = f"≥ {shown(at_least)}", median >= at_least
        figure = Figure(group=group, name=name, unit=unit, values=listed, target=target, met=met)
        self.figures.append(figure)
        self.console.print(f"  {name}: {shown(median)} {unit} ({figure.spread})", highlight=False)
        return figure

    def note(self, name: str, content: object) -> None:
        """Keep details for the file alone."""
        self.notes[name] = content

    def write(self, file: Path) -> None:
        """Write everything to a JSON file."""
        figures = [{**asdict(each), "median": each.median} for each in self.figures]
        content = {"machine": machine(), "figures": figures, "notes": self.notes}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content, indent=1, default=str) + "\n")

    def show(self) -> None:
        """Print the table."""
        table = Table(title="Benchmarks", title_justify="left")
        for heading in ("what", "median", "unit", "spread", "runs", "target", "met"):
            table.add_column(heading, justify="right" if heading == "median" else "left")
        group = ""
        for each in self.figures:
            if each.group != group:
                group = each.group
                table.add_section()
                table.add_row(f"[bold]{group}[/bold]")
            met = "" if each.met is None else "yes" if each.met else "NO"
            runs = str(len(each.values))
            middle = shown(each.median)
            table.add_row(each.name, middle, each.unit, each.spread, runs, each.target, met)
        self.console.print(table)


def shown(value: float) -> str:
    """A number with as many places as one looks at."""
    places = next(places for least, places in PLACES if abs(value) >= least)
    return f"{value:,.{places}f}"


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
        "load": os.getloadavg(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
