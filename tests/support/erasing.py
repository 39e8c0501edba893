"""Making activations of a test project as if they had never been."""

from __future__ import annotations

from runner.errors import UnavailableError
from tests.support.project import Project


def erase(project: Project, *activations: str) -> None:
    """Delete models, tables and registrations; what was never built is nothing to erase."""
    project.remove(*activations)
    for name in activations:
        project.execute(
            f"drop table if exists marketing.{name}",
            f"drop table if exists marketing.{name}__synced",
        )
        try:
            project.execute(
                f"delete from marketing.tailrace_activations where table_name = '{name}'"
            )
        except UnavailableError:  # nothing was built yet
            return
