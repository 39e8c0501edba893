"""Names of attributes, and wrappers that give a type (Batch contract, sections 1 and 3)."""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = re.compile(r"((?P<wrapper>date|url)\((?P<wrapped>[^()]+)\)|(?P<plain>[^()]+))")
_LETTERS = re.compile(r"[a-z0-9_]{1,30}")


class Name(NamedTuple):
    """What an attribute is called, and `date` or `url` where that is its type."""

    wrapper: str
    plain: str


def parsed(name: str) -> Name | None:
    """Take the wrapper off a name, or None where it has no form that Batch knows."""
    found = _NAME.fullmatch(name)
    return Name(found["wrapper"] or "", found["wrapped"] or found["plain"]) if found else None


def mistake(name: str, native: frozenset[str] = frozenset()) -> str | None:
    """Say why Batch would refuse an attribute of this name, or None."""
    if name in native:
        return None
    found = parsed(name)
    if found and _LETTERS.fullmatch(found.plain):
        return None
    nearest = re.sub(r"[^a-z0-9_]", "_", (found.plain if found else name).lower())[:30]
    kinds = ", date(name) or url(name)"
    if name.startswith("$"):
        return f"`{name}` is no attribute of Batch's own; those are {', '.join(sorted(native))}"
    return (
        f"attribute `{name}` has no name that Batch takes (1 to 30 of a-z, 0-9 and _, as name"
        f"{kinds}): rename it, for example to `{nearest}`"
    )
