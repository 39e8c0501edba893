"""Values in the path of a request."""

from __future__ import annotations

from urllib.parse import quote


def step(value: str) -> str | None:
    """A value as one step of a path, percent-encoded; None where it would lead elsewhere."""
    return None if value in {"", ".", ".."} else quote(value, safe="")
