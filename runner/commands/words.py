"""How counts and keys are written for people."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def counted(counts: Mapping[str, int]) -> str:
    """Counts with their names, `nothing` when all are zero."""
    return " · ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing"


def shown_key(key: str, *, show_values: bool) -> str:
    """A key for people who may know whose it is, else its hash."""
    return key if show_values else f"#{hashed_key(key)}"


def hashed_key(key: str) -> str:
    """A key for lines that name nobody: the same key is the same text."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]
