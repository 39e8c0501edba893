"""A platform as the oracle sees it: what is sent there, and how to read what its stand-in holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.sandbox import Sandbox
from tests.oracle.changes import IDENTIFIERS
from tests.oracle.rules import Rules

# What a place holds of each person, by identifier: attributes as texts.
Held = Mapping[str, Mapping[str, str]]
# Service, rules and settings of an activation.
Kind = tuple[str, Callable[[], Rules], dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """`kinds` of activations by name; a stand-in is started for each.

    `secret` is what its key is called, beside others that are known. `held` reads every place that
    a service writes to, `events` how often each event came. `acquaint` lets a stand-in know
    people, where a mode does not create them. `updates_create`: an update of nobody makes somebody.
    `time_passes` before a build: what a platform was given it has worked on by then.
    """

    platform: str
    kinds: Mapping[str, Kind]
    start: Callable[[], Sandbox]
    secret: str
    secrets: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, object]
    identifier: str
    held: Callable[[Any, str], Sequence[Held]]
    events: Callable[[Any], Counter[str]]
    acquaint: Callable[[Any, str], None]
    updates_create: bool = False
    time_passes: Callable[[Any], None] = lambda _: None
    identifiers: Sequence[str | None] = tuple(IDENTIFIERS)
