"""Packages that the tests of a warehouse need, and what is said aloud where they are missing."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Modules of a warehouse's tests with their packages, and the verb that installs them."""

    warehouse: str
    packages: Mapping[str, str]
    verb: str
    programs: tuple[str, ...] = ()  # what is missing beside packages

    @property
    def missing(self) -> str:
        """Say what is missing in a sentence; empty if nothing is."""
        packages = [name for module, name in self.packages.items() if not _is_there(module)]
        wanted = [*packages, *self.programs]
        return f"{' and '.join(wanted)} must be installed: see {self.verb}." if wanted else ""

    def skip_without(self) -> None:
        """Skip the test that asks, if anything is missing."""
        if self.missing:
            pytest.skip(self.missing)

    def report(self, reporter: pytest.TerminalReporter) -> None:
        """Say aloud, on a line of its own, that tests were skipped for want of something."""
        skipped = reporter.stats.get("skipped", [])
        if self.missing and any(self.missing in str(each.longrepr) for each in skipped):
            title = f"tests of {self.warehouse} were skipped"
            reporter.write_sep("!", title, yellow=True)
            reporter.write_line(self.missing)


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it would be in
        return False
