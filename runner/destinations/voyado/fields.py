"""The fields of a contact: which may be written, and in which form (contract, 6, 8 and 10)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from runner.destinations.common import jsontext
from runner.destinations.common.jsontext import Member
from runner.destinations.service import Rejection

PREFERENCES = "preferences."
CONSENTS = "consents"
KNOWN_PREFERENCES = ("acceptsEmail", "acceptsSms", "acceptsPostal")
COMPUTED = ("rfm", "age", "memberNumber", "retail.keyvalue.", "nps.")


def mistake(name: str) -> str | None:
    """Say why an attribute of this name cannot be written, or None."""
    if name == "contactType":
        return "`contactType` cannot be changed by a write: give settings.contact_type"
    if name == "preferences":
        return "`preferences` cannot be mapped as a whole: map `preferences.acceptsEmail` and so on"
    if name.startswith(PREFERENCES) and name.removeprefix(PREFERENCES) not in KNOWN_PREFERENCES:
        return f"`{name}` is no preference of Voyado: there are {', '.join(KNOWN_PREFERENCES)}"
    if any(name == each or (each[-1] == "." and name.startswith(each)) for each in COMPUTED):
        return f"`{name}` is computed by Voyado: leave it out"
    return None


def rendered(found: Mapping[str, Member], *, clears: bool) -> list[str] | Rejection:
    """The members of a contact; `clears`: an empty text is meant."""
    parts: list[str] = []
    preferences: list[str] = []
    for name, member in found.items():
        refused = _refusal(name, member.value, clears=clears)
        if refused:
            return Rejection(code="TAILRACE_BAD_VALUE", reason=f"`{name}` {refused}")
        if not name.startswith(PREFERENCES):
            parts.append(f"{json.dumps(name)}:{member.text}")
        elif member.value is not None:
            # What a person wants is unknown: a null would say no.
            preferences.append(f"{json.dumps(name.removeprefix(PREFERENCES))}:{member.text}")
    if preferences:
        parts.append(f'"preferences":{jsontext.joined(preferences)}')
    return parts


def written(found: Mapping[str, Member]) -> Iterator[str]:
    """The names that the answer's `attributes` must hold after a write; a cleared one need not."""
    for name, member in found.items():
        if member.value not in (None, "") and name != CONSENTS and not name.startswith(PREFERENCES):
            yield name


def _refusal(name: str, value: object, *, clears: bool) -> str | None:
    if name.startswith(PREFERENCES):
        fits = value is None or isinstance(value, bool)
        return None if fits else "must be true or false, or null where it is unknown"
    if value == "" and not clears:
        return "is an empty text, which clears a field: send null if it was cleared"
    if isinstance(value, dict | list) and name != CONSENTS:
        return "is an object or list, and a contact is flat"
    return None
