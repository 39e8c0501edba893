"""Where a command works: the common options, and the warehouse they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from runner import connections, profiles
from runner.control import ControlSchema
from runner.warehouse import Warehouse, connect


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The options that all commands share."""

    project_dir: Path | None = None
    profiles_dir: Path | None = None
    profile: str | None = None
    target: str | None = None
    destinations: Path | None = None
    schema: str | None = None
    as_json: bool = False

    def destinations_file(self) -> Path:
        """The destinations file that these options name."""
        return connections.find(self.destinations, profiles.find_project(self.project_dir))

    @contextmanager
    def opened(self) -> Iterator[tuple[Warehouse, ControlSchema]]:
        """Connect to the warehouse for as long as the block lasts."""
        profile = profiles.load(
            project_dir=self.project_dir,
            profiles_dir=self.profiles_dir,
            profile=self.profile,
            target=self.target,
        )
        schema = ControlSchema(
            # PostgreSQL has one database a connection, DuckDB's file is its own.
            database=None if profile.type == "postgres" else profile.database,
            schema=self.schema or profile.control_schema or profile.schema,
            target=profile.target,
        )
        with closing(connect(profile)) as warehouse:
            yield warehouse, schema
