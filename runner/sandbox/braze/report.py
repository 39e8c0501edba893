"""What the stand-in holds, as plain objects for JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from runner.sandbox.braze.identity import Address, find
from runner.sandbox.braze.state import ARRAYS, Profile, State
from runner.sandbox.journal import Journal


def profile_view(profile: Profile) -> dict[str, object]:
    """Everything known of one person."""
    return {
        "braze_id": profile.braze_id,
        "external_id": profile.external_id,
        "user_aliases": [
            {"alias_label": label, "alias_name": name} for label, name in profile.aliases.items()
        ],
        "fields": profile.fields,
        "custom_attributes": profile.custom_attributes,
        "subscriptions": profile.subscriptions,
        "events": profile.events,
        "purchases": profile.purchases,
    }


def profiles_named(state: State, kind: str, value: str, label: str = "") -> list[Profile]:
    """The profiles with an identifier: several may share an email or phone."""
    if kind in {"email", "phone"}:
        return state.at_address(kind, value)
    profile = find(state, Address(kind=kind, value=value, label=label))
    return [profile] if profile else []


def totals(state: State, journal: Journal) -> dict[str, object]:
    """Totals over all profiles and requests."""
    people = list(state)
    return {
        "profiles": len(people),
        "deleted": state.deleted,
        "fields": _by_name(person.fields for person in people),
        "attributes": _by_name(person.custom_attributes for person in people),
        "true_flags": _by_name(_true_flags(person) for person in people),
        "subscriptions": _subscriptions(people),
        "events": _by_name([str(e["name"]) for e in person.events] for person in people),
        "purchases": sum(len(person.purchases) for person in people),
        "requests": journal.by_path(),
        "requests_total": journal.total,
        "objects": {
            array: {
                outcome: state.objects[array, outcome]
                for outcome in ("received", "accepted", "refused", "ignored", "dropped")
            }
            for array in ARRAYS
        },
        "dropped_values": {cause: n for cause, n in sorted(state.dropped.items()) if n},
        "repeats": {
            "requests": journal.repeats,
            "events": sum(_repeats(person.events) for person in people),
            "purchases": sum(_repeats(person.purchases) for person in people),
        },
    }


def _by_name(names: Iterable[Iterable[str]]) -> dict[str, int]:
    return dict(sorted(Counter(name for group in names for name in group).items()))


def _true_flags(person: Profile) -> list[str]:
    return [name for name, value in person.custom_attributes.items() if value is True]


def _subscriptions(people: Iterable[Profile]) -> dict[str, dict[str, int]]:
    groups: dict[str, dict[str, int]] = {}
    for person in people:
        for group, state in person.subscriptions.items():
            totals = groups.setdefault(group, {"subscribed": 0, "unsubscribed": 0})
            totals[state] += 1
    return groups


def _repeats(things: list[dict[str, object]]) -> int:
    return len(things) - len({repr(thing) for thing in things})
