"""Storing one attributes object on its profile (Braze contract, sections 3.4, 3.5 and 3.7)."""

from __future__ import annotations

from collections.abc import Mapping

from runner.sandbox.braze.codes import country_code, is_time_zone
from runner.sandbox.braze.fields import CONTROLS, IDENTIFIERS, STANDARD
from runner.sandbox.braze.state import Profile, State
from runner.sandbox.braze.values import TEXT, ValueDroppedError, accepts, changed


def store_attributes(state: State, profile: Profile, thing: Mapping[str, object]) -> None:
    """Apply a checked object: null removes, an absent key leaves, the rest is set."""
    merge = thing.get("_merge_objects") is True
    for key, value in thing.items():
        if key in CONTROLS or key in IDENTIFIERS:
            continue
        if key in STANDARD:
            _store_field(state, profile, key, value)
        else:
            _store_custom(state, profile, key, value, merge=merge)
    groups = thing.get("subscription_groups")
    if isinstance(groups, list):
        _store_groups(state, profile, groups)
    state.touch(profile)


def _store_field(state: State, profile: Profile, key: str, value: object) -> None:
    if key in {"email", "phone"}:
        state.set_address(profile, key, value if isinstance(value, str) else None)
        return
    if key == "bio":
        state.dropped["bio"] += 1
        return
    if key == "subscription_groups":
        return
    if key == "time_zone" and isinstance(value, str) and not is_time_zone(value):
        state.dropped["invalid time_zone"] += 1
        return
    if key == "country" and isinstance(value, str):
        value = country_code(value)
        state.dropped["unknown country"] += value is None
    if value is None:
        profile.fields.pop(key, None)
    else:
        profile.fields[key] = value


def _store_custom(state: State, profile: Profile, key: str, value: object, *, merge: bool) -> None:
    if value is None:
        profile.custom_attributes.pop(key, None)
        return
    current = profile.custom_attributes.get(key)
    try:
        if not 0 < len(key) <= TEXT:
            raise ValueDroppedError("attribute name too long")  # noqa: TRY301 - one place counts
        given, new = changed(current, value, merge=merge, rules=state.rules)
        if not accepts(state.types.get(key), given):
            raise ValueDroppedError("wrong type")  # noqa: TRY301 - as above
    except ValueDroppedError as cause:
        state.dropped[str(cause)] += 1
        return
    if given != "empty array":
        state.types.setdefault(key, given)
    profile.custom_attributes[key] = new


def _store_groups(state: State, profile: Profile, groups: list[dict[str, str]]) -> None:
    email = profile.fields.get("email")
    others = state.at_address("email", email) if isinstance(email, str) else []
    for item in groups:
        for member in (profile, *others):
            member.subscriptions[item["subscription_group_id"]] = item["subscription_state"]
