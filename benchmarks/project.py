"""A dbt project as users have it: the package by its path, one activation, and an empty model."""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from benchmarks.dbtlog import Statement, read_statements
from benchmarks.engines import SCHEMA, Warehouse
from benchmarks.processes import Run, run
from benchmarks.source import ATTRIBUTES
from runner.control import ControlSchema, registrations, shard_sizes
from runner.profiles import load
from runner.warehouse import connect
from runner.watermarks import mark_sending, settle, watermarks

ROOT = Path(__file__).resolve().parents[1]
DBT = Path(sys.executable).parent / "dbt"
ACTIVATION = "braze_users"
NOTHING = "nothing"
_ACTIVATION = f"""{{{{ tailrace.activation(
    source('shop', 'users'),
    destination = 'braze', service = 'users', sync_mode = 'mirror', primary_key = 'id',
    identifiers = {{'external_id': 'id'}}, attributes = {list(ATTRIBUTES)}
) }}}}
"""
_SETTINGS = {
    "name": "bench",
    "version": "1.0.0",
    "profile": "bench",
    "flags": {"send_anonymous_usage_stats": False},
}
_ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "DBT_USE_COLORS": "false",
    "BRAZE_API_KEY": "made-up",
    "PYTHONPATH": str(ROOT),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A run of `dbt build`: the process, seconds in the model itself, and its statements."""

    process: Run
    node_seconds: float
    statements: list[Statement] = field(repr=False)


class Project:
    """A project in a folder of its own, and beside it an empty one without the package."""

    def __init__(self, folder: Path, warehouse: Warehouse) -> None:
        self.folder = folder
        self.warehouse = warehouse
        self._environment = {**_ENVIRONMENT}
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else every start compiles dbt anew
        for place in (folder, folder / "bare"):
            (place / "models").mkdir(parents=True)
            self._write(place / "dbt_project.yml", _SETTINGS)
            outputs = {"target": "bench", "outputs": {"bench": warehouse.output}}
            self._write(place / "profiles.yml", {"bench": outputs})
            (place / f"models/{NOTHING}.sql").write_text("select 1 as one\n")
        self._write(folder / "packages.yml", {"packages": [{"local": str(ROOT)}]})
        sources = [{"name": "shop", "schema": "source", "tables": [{"name": "users"}]}]
        self._write(folder / "models/sources.yml", {"sources": sources})
        (folder / f"models/{ACTIVATION}.sql").write_text(_ACTIVATION)
        self._dbt(folder, "deps")

    def destination(self, url: str, options: Mapping[str, object] | None = None) -> None:
        """Name the destination, with options."""
        connection = {"platform": "braze", "url": url, "api_key": "{{ env_var('BRAZE_API_KEY') }}"}
        self._write(self.folder / "destinations.yml", {"braze": {**connection, **(options or {})}})

    def build(self, select: str = ACTIVATION, *, bare: bool = False) -> Build:
        """Run `dbt build` for one model; `bare` in the project without the package."""
        place = self.folder / "bare" if bare else self.folder
        log = place / "logs" / "dbt.log"
        log.unlink(missing_ok=True)
        process = self._dbt(place, "build", "--select", select)
        found = json.loads((place / "target" / "run_results.json").read_text())["results"]
        return Build(
            process=process,
            node_seconds=sum(each["execution_time"] for each in found),
            statements=read_statements(log),
        )

    def runner(self, *arguments: str) -> Run:
        """Run the runner as a program of its own."""
        places: list[str | Path] = ["--project-dir", self.folder, "--profiles-dir", self.folder]
        return run(
            [sys.executable, "-m", "runner", *arguments, *places],
            cwd=ROOT,
            environment=self._environment,
        )

    def push(self, *options: str) -> tuple[Run, dict[str, Any]]:
        """Run `runner push`, with the event that it ends with."""
        pushed = self.runner("push", "--json", *options)
        events = [json.loads(line) for line in pushed.output.splitlines() if line[:1] == "{"]
        return pushed, events[-1]

    def settle(self) -> None:
        """Record the whole delta as sent, as the runner does after it has sent it."""
        profile = load(profiles_dir=self.folder, project_dir=self.folder)
        database = None if profile.type == "postgres" else profile.database
        schema = ControlSchema(database=database, schema=SCHEMA, target="bench")
        with closing(connect(profile)) as warehouse:
            for registration in registrations(warehouse, schema, [ACTIVATION]):
                marks = watermarks(warehouse, schema, registration)
                for shard, size in shard_sizes(warehouse, registration, marks).items():
                    place = (warehouse, schema, registration, uuid.uuid4().hex, shard)
                    mark_sending(*place, size)
                    settle(*place, size, ())

    def _dbt(self, place: Path, *arguments: str) -> Run:
        places: list[str | Path] = ["--project-dir", place, "--profiles-dir", place]
        return run([DBT, *arguments, *places], cwd=place, environment=self._environment)

    @staticmethod
    def _write(file: Path, content: object) -> None:
        file.write_text(yaml.safe_dump(content, sort_keys=False))
