"""What the stand-in holds: profiles and the workspace around them, in memory, without HTTP."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

ARRAYS = ("attributes", "events", "purchases")
PENDING_SECONDS = 30 * 86_400


class RequestRefusedError(Exception):
    """A request that Braze refuses as a whole with status 400; the text is its `message`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Limits that differ from account to account (Braze contract, sections 2.1, 3.5 and 6 to 9).

    `known_groups` are the subscription groups of the workspace; None takes any UUID.
    """

    objects: int = 75
    ids: int = 50
    array_items: int = 500
    known_groups: frozenset[str] | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Profile:
    """One person. `aliases` maps label to name, `subscriptions` maps group to state."""

    braze_id: str
    external_id: str | None = None
    aliases: dict[str, str] = field(default_factory=dict)
    fields: dict[str, object] = field(default_factory=dict)
    custom_attributes: dict[str, object] = field(default_factory=dict)
    subscriptions: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, object]] = field(default_factory=list)
    purchases: list[dict[str, object]] = field(default_factory=list)
    created: float = 0.0
    updated: int = 0


@dataclass(slots=True, kw_only=True)
class State:
    """A workspace. Change it through the functions of this package, which keep the indexes true.

    `types` holds each custom attribute's type, fixed by its first value; `objects` counts the
    objects of /users/track as (array, outcome), `dropped` what a 2xx hid, by cause.
    """

    rules: Rules = field(default_factory=Rules)
    clock: Callable[[], float] = time.time
    profiles: dict[str, Profile] = field(default_factory=dict)
    by_external_id: dict[str, Profile] = field(default_factory=dict)
    by_alias: dict[tuple[str, str], Profile] = field(default_factory=dict)
    by_address: dict[tuple[str, str], dict[str, Profile]] = field(default_factory=dict)
    pending: dict[tuple[str, str], dict[str, tuple[str, float]]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    objects: Counter[tuple[str, str]] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    deleted: int = 0
    steps: int = 0

    def create(self, *, external_id: str | None = None) -> Profile:
        """Make an empty profile, identified if an external id is given."""
        self.steps += 1
        profile = Profile(
            braze_id=f"{self.steps:024x}",
            external_id=external_id,
            created=self.clock(),
            updated=self.steps,
        )
        self.profiles[profile.braze_id] = profile
        if external_id is not None:
            self.by_external_id[external_id] = profile
        return profile

    def touch(self, profile: Profile) -> None:
        """Remember that this profile was the last one changed."""
        self.steps += 1
        profile.updated = self.steps

    def add_alias(self, profile: Profile, label: str, name: str) -> None:
        """Give a profile its one alias of a label."""
        if label in profile.aliases:
            self.by_alias.pop((label, profile.aliases[label]), None)
        profile.aliases[label] = name
        self.by_alias[label, name] = profile

    def set_address(self, profile: Profile, kind: str, value: str | None) -> None:
        """Set or remove (None) a profile's `email` or `phone`, which need not be unique."""
        old = profile.fields.pop(kind, None)
        if isinstance(old, str):
            holders = self.by_address[kind, old]
            del holders[profile.braze_id]
            if not holders:
                del self.by_address[kind, old]
        if value is not None:
            profile.fields[kind] = value
            self.by_address.setdefault((kind, value), {})[profile.braze_id] = profile

    def at_address(self, kind: str, value: str) -> list[Profile]:
        """Every profile with this email or phone."""
        return list(self.by_address.get((kind, value), {}).values())

    def inherit(self, profile: Profile) -> None:
        """Hand a new profile the states kept for its email and phone (section 7.2)."""
        for kind in ("email", "phone"):
            value = profile.fields.get(kind)
            if isinstance(value, str):
                for group, (state, since) in self.pending.pop((kind, value), {}).items():
                    if self.clock() - since <= PENDING_SECONDS:
                        profile.subscriptions.setdefault(group, state)

    def remove(self, profile: Profile) -> None:
        """Delete a profile with its events, purchases and subscription states."""
        self.set_address(profile, "email", None)
        self.set_address(profile, "phone", None)
        for alias in profile.aliases.items():
            del self.by_alias[alias]
        if profile.external_id is not None:
            del self.by_external_id[profile.external_id]
        del self.profiles[profile.braze_id]
        self.deleted += 1

    def __iter__(self) -> Iterator[Profile]:
        return iter(list(self.profiles.values()))
