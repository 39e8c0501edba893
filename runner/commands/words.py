"""How counts and times are written for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime


def counted(counts: Mapping[str, int]) -> str:
    """Counts with their names, `nothing` when all are zero."""
    return " · ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing"


def moment(time: datetime | None) -> str | None:
    """A time of the warehouse, which is UTC, without fractions of a second."""
    return None if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"
