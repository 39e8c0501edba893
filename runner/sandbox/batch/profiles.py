"""The Profile API without HTTP: what is wrong is refused alone, by its index (contract, 3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from runner.sandbox.batch import values
from runner.sandbox.batch.state import Profile, RequestRefusedError, State
from runner.sandbox.sandbox import Refusals

MOST = {"update": 200, "mass-update": 10_000}
LONGEST_ID = 512
EVENTS = 15
ATTRIBUTES = 50
OLDEST_SECONDS = 86_400


class Edit(NamedTuple):
    """What an edit asks for, and what of it is wrong; `fatal` refuses all of it."""

    custom_id: str
    attributes: Mapping[str, object]
    events: list[dict[str, object]]
    errors: list[dict[str, object]]
    fatal: bool


def edit_profiles(
    state: State,
    call: str,
    body: object,
    refusals: Refusals,
    span: tuple[float, float],
    *,
    store: bool,
) -> list[dict[str, object]]:
    """Apply every edit as far as it is right; return the errors. Raises RequestRefusedError.

    `span` are the times, in seconds since 1970, between which an event may have happened.
    """
    if not isinstance(body, list) or not 0 < len(body) <= MOST[call]:
        raise RequestRefusedError(f"the body must be an array of 1 to {MOST[call]} edits")
    edits = [_checked(place, item, refusals, span) for place, item in enumerate(body)]
    if len({edit.custom_id for edit in edits}) < len(edits):
        raise RequestRefusedError("a custom_id stands twice, and no order is promised")
    for edit in edits:
        kept = store and edit.custom_id not in refusals.dropped
        outcome = "refused" if edit.fatal else "partial" if edit.errors else "accepted"
        state.outcomes[outcome if kept or edit.fatal else "dropped"] += 1
        if kept and not edit.fatal:
            _apply(state.profiles.setdefault(edit.custom_id, Profile()), edit)
    return [error for edit in edits for error in edit.errors]


def _checked(place: int, item: object, refusals: Refusals, span: tuple[float, float]) -> Edit:
    if not isinstance(item, dict) or set(item) - {"identifiers", "attributes", "events"}:
        raise RequestRefusedError(f"edit {place} must have identifiers, attributes or events")
    attributes, events = item.get("attributes", {}), item.get("events", [])
    if not isinstance(attributes, dict) or not isinstance(events, list):
        raise RequestRefusedError(f"edit {place} must have an object and an array")
    custom_id = _custom_id(place, item.get("identifiers"))
    errors: list[dict[str, object]] = []

    def wrong(category: str, reason: str, **more: object) -> None:
        errors.append({"category": category, "bulk_index": place, "reason": reason, **more})

    if len(attributes) > ATTRIBUTES or len(events) > EVENTS:
        wrong("edit", f"at most {ATTRIBUTES} attributes and {EVENTS} events are allowed")
    if custom_id in refusals.codes:
        wrong(refusals.codes[custom_id].lower(), "chosen to be refused")
    fatal = bool(errors)
    for key, reason in _wrong_attributes(attributes):
        wrong("attribute", reason, attribute=key)
    good = []
    for event in events:
        if mistake := _event_mistake(event, span):
            wrong("event", mistake)
        else:
            good.append(event)
    named = {error.get("attribute") for error in errors}
    kept = {key: value for key, value in attributes.items() if key not in named}
    # An edit whose events are all refused does nothing.
    nothing = bool(events) and not good and not kept
    return Edit(custom_id, kept, good, errors, fatal or nothing)


def _custom_id(place: int, identifiers: object) -> str:
    found = identifiers.get("custom_id") if isinstance(identifiers, dict) else None
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_ID:
        raise RequestRefusedError(f"edit {place} must have a custom_id of 1 to {LONGEST_ID}")
    return found


def _wrong_attributes(attributes: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in attributes.items():
        if mistake := values.profile_mistake(key, value):
            yield key, mistake


def _event_mistake(event: object, span: tuple[float, float]) -> str | None:
    if not isinstance(event, dict) or set(event) - {"name", "time", "attributes"}:
        return "an event has name, time and attributes"
    if not isinstance(event.get("name"), str) or not values.NAME.fullmatch(event["name"]):
        return "an event's name has 1 to 30 of a-z, 0-9 and _"
    if "time" in event:
        moment = values.moment(event["time"], zone="Z")
        if moment is None:
            return "time is no time in UTC"
        if not span[0] <= moment.timestamp() <= span[1]:
            return "time must be within the last 24 hours"
    return values.event_mistake(event.get("attributes", {}))


def _apply(profile: Profile, edit: Edit) -> None:
    for key, value in edit.attributes.items():
        if value is None:
            profile.attributes.pop(key, None)
        elif isinstance(value, dict):
            profile.attributes[key] = _amended(profile.attributes.get(key), value)
        else:
            profile.attributes[key] = value
    profile.events += edit.events


def _amended(held: object, change: Mapping[str, list[object]]) -> list[object]:
    items = list(held) if isinstance(held, list) else []
    removed = change.get("$remove", [])
    kept = [item for item in items if item not in removed]
    return kept + [item for item in change.get("$add", []) if item not in kept]
