"""How counts and keys are written for people."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from runner.wording import noun


def counted(counts: Mapping[str, int]) -> str:
    """Counts with their names, `nothing` when all are zero."""
    return " · ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing"


def doubts_end(name: str, rows: int, policy: str) -> str:
    """What becomes of so many events in doubt, as a clause."""
    them = noun(rows, "it", "them")
    if policy == "resend":
        return f"the next push sends {them} again (in_doubt: resend)"
    if policy == "skip":
        return f"the next push counts {them} as settled (in_doubt: skip)"
    return f"decide with runner resolve {name} --resend or --skip"


def being_built(name: str, since: str) -> str:
    """A line on the run of dbt that has the activation, which nobody takes over from."""
    return f"  building  since {since}; if that run of dbt died, build {name} again"


def shown_key(key: str, *, show_values: bool) -> str:
    """A key for people who may know whose it is, else its hash."""
    return key if show_values else f"#{hashed_key(key)}"


def hashed_key(key: str) -> str:
    """A key for lines that name nobody: the same key is the same text."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]
