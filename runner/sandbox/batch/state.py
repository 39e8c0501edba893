"""What the stand-in for Batch holds: custom data of each app, and the profiles of a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


class RequestRefusedError(Exception):
    """A request that Batch refuses as a whole with status 400; the text says why."""


@dataclass(slots=True, kw_only=True, eq=False)
class Profile:
    """One person of the project (CEP)."""

    attributes: dict[str, object] = field(default_factory=dict)
    events: list[dict[str, object]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class State:
    """`apps` maps an app's key to the custom data under each Custom ID (MEP).

    `outcomes` counts what became of rows: accepted, partial (an attribute was refused), refused,
    dropped.
    """

    apps: dict[str, dict[str, dict[str, object]]]
    profiles: dict[str, Profile] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, app_keys: Sequence[str]) -> State:
        """A company with these apps and nobody in them."""
        return cls(apps={key: {} for key in app_keys})
