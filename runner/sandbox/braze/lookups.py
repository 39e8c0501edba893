"""POST /users/export/ids and /users/alias/new without HTTP (Braze contract, sections 8, 9.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from runner.sandbox.braze.identity import Address, alias_of, find
from runner.sandbox.braze.state import Profile, RequestRefusedError, State

TOO_MANY_IDS_AND_ALIASES = "The max number of external_ids and aliases per request was exceeded"
_SINGLE = ("device_id", "email_address", "phone")


def export_users(state: State, body: object) -> dict[str, object]:
    """The reply's `users`, and `invalid_user_ids` where ids are unknown."""
    if not isinstance(body, dict):
        raise RequestRefusedError("the body must be an object")
    wanted = body.get("fields_to_export")
    if not isinstance(wanted, list) or not wanted:
        raise RequestRefusedError("'fields_to_export' is required")
    ids, aliases = body.get("external_ids", []), body.get("user_aliases", [])
    if not isinstance(ids, list) or not isinstance(aliases, list):
        raise RequestRefusedError("'external_ids' and 'user_aliases' must be arrays")
    if len(ids) + len(aliases) > state.rules.ids:
        raise RequestRefusedError(TOO_MANY_IDS_AND_ALIASES)
    singles = [key for key in _SINGLE if body.get(key) is not None]
    if len(singles) > 1:
        raise RequestRefusedError("only one of 'device_id', 'email_address', 'phone' is allowed")
    if not ids and not aliases and not singles and body.get("braze_id") is None:
        raise RequestRefusedError("at least one identifier is required")
    found, unknown = _found(state, ids, aliases)
    for profile in _found_singly(state, body):
        found[profile.braze_id] = profile
    reply: dict[str, object] = {"users": [_exported(p, wanted) for p in found.values()]}
    return reply | ({"invalid_user_ids": unknown} if unknown else {})


def new_aliases(state: State, body: object, *, store: bool = True) -> int:
    """Add aliases, or make alias-only profiles; returns how many were given."""
    items = body.get("user_aliases") if isinstance(body, dict) else None
    if not isinstance(items, list) or not items:
        raise RequestRefusedError("'user_aliases' must be an array of objects")
    if len(items) > state.rules.ids:
        raise RequestRefusedError(TOO_MANY_IDS_AND_ALIASES)
    if any(alias_of(i) is None or not isinstance(i.get("external_id"), str | None) for i in items):
        raise RequestRefusedError("'user_aliases' is not valid")
    for item in items if store else ():
        _add_alias(state, item)
    return len(items)


def _add_alias(state: State, item: Mapping[str, str]) -> None:
    label, name = item["alias_label"], item["alias_name"]
    owner = item.get("external_id")
    if (label, name) in state.by_alias:
        state.dropped["alias taken"] += 1
    elif owner is None:
        state.add_alias(state.create(), label, name)
    elif (profile := state.by_external_id.get(owner)) is None:
        state.dropped["alias of an unknown external_id"] += 1
    else:
        state.add_alias(profile, label, name)
        state.touch(profile)


def _found(
    state: State, ids: list[object], aliases: list[object]
) -> tuple[dict[str, Profile], list[object]]:
    found: dict[str, Profile] = {}
    unknown: list[object] = []
    for item in [*ids, *aliases]:
        alias = alias_of(item)
        if alias:
            profile = find(state, Address(kind="user_alias", label=alias[0], value=alias[1]))
        else:
            profile = find(state, Address(kind="external_id", value=str(item)))
        if profile is None:
            unknown.append(item)
        else:
            found[profile.braze_id] = profile
    return found, unknown


def _found_singly(state: State, body: Mapping[str, object]) -> Iterator[Profile]:
    for key, kind in (("email_address", "email"), ("phone", "phone")):
        value = body.get(key)
        if isinstance(value, str):
            yield from state.at_address(kind, value)
    chosen = body.get("braze_id")
    if isinstance(chosen, str) and chosen in state.profiles:
        yield state.profiles[chosen]


def _exported(profile: Profile, wanted: Iterable[object]) -> dict[str, object]:
    location = profile.fields.get("current_location")
    known: dict[str, object] = profile.fields | {
        "external_id": profile.external_id,
        "braze_id": profile.braze_id,
        "created_at": datetime.fromtimestamp(profile.created, UTC).isoformat(),
        "user_aliases": [
            {"alias_label": label, "alias_name": name} for label, name in profile.aliases.items()
        ],
        "custom_attributes": profile.custom_attributes,
        "custom_events": _summary(profile.events, "name"),
        "purchases": _summary(profile.purchases, "product_id"),
        "total_revenue": _revenue(profile),
        "last_coordinates": (
            [location["longitude"], location["latitude"]] if isinstance(location, dict) else None
        ),
    }
    # A missing field means null or empty; subscription groups are not exported.
    hidden = ("subscription_groups", "current_location")
    return {
        str(key): known[str(key)] for key in wanted if known.get(str(key)) and key not in hidden
    }


def _summary(things: list[dict[str, object]], key: str) -> list[dict[str, object]]:
    times: dict[str, list[str]] = {}
    for thing in things:
        times.setdefault(str(thing[key]), []).append(str(thing["time"]))
    return [
        {"name": name, "first": min(seen), "last": max(seen), "count": len(seen)}
        for name, seen in times.items()
    ]


def _revenue(profile: Profile) -> Decimal:
    return sum(
        (Decimal(str(item["price"])) * int(str(item["quantity"])) for item in profile.purchases),
        Decimal(0),
    )
