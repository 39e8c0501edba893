"""POST /users/delete without HTTP (Braze contract, section 6)."""

from __future__ import annotations

from collections.abc import Sequence

from runner.sandbox.braze.identity import Address, alias_of, find
from runner.sandbox.braze.state import Profile, RequestRefusedError, State
from runner.sandbox.braze.subscriptions import TOO_MANY_IDS

_KINDS = {
    "external_ids": "external_id",
    "braze_ids": "braze_id",
    "user_aliases": "user_alias",
    "email_addresses": "email",
    "phone_numbers": "phone",
}
_PRIORITIES = frozenset({"identified", "unidentified", "most_recently_updated"})


def delete_users(state: State, body: object, *, store: bool = True) -> int:
    """Delete the profiles named; returns the ids queued, known or not.

    Raises RequestRefusedError, and then nothing is deleted.
    """
    given = [key for key in _KINDS if isinstance(body, dict) and body.get(key)]
    if not isinstance(body, dict) or len(given) != 1:
        raise RequestRefusedError(
            "exactly one of 'external_ids', 'braze_ids', 'user_aliases', 'email_addresses' "
            "or 'phone_numbers' is required"
        )
    key, ids = given[0], body[given[0]]
    if not isinstance(ids, list):
        raise RequestRefusedError(f"'{key}' must be an array")
    if len(ids) > state.rules.ids:
        raise RequestRefusedError(TOO_MANY_IDS)
    targets = [_target(_KINDS[key], item, key) for item in ids]
    if store:
        for where, priorities in targets:
            profile = _chosen(state, where, priorities)
            if profile is not None:
                state.remove(profile)
    return len(ids)


def _target(kind: str, item: object, key: str) -> tuple[Address, Sequence[str]]:
    if kind == "user_alias" and (alias := alias_of(item)):
        return Address(kind=kind, label=alias[0], value=alias[1]), ()
    if kind in {"external_id", "braze_id"} and isinstance(item, str) and item:
        return Address(kind=kind, value=item), ()
    if kind in {"email", "phone"} and isinstance(item, dict):
        value, priorities = item.get(kind), item.get("prioritization", [])
        if isinstance(value, str) and value and _are_priorities(priorities):
            return Address(kind=kind, value=value), priorities
    raise RequestRefusedError(f"'{key}' is not valid")


def _are_priorities(value: object) -> bool:
    return (
        isinstance(value, list)
        and all(isinstance(item, str) and item in _PRIORITIES for item in value)
        and not {"identified", "unidentified"} <= set(value)
    )


def _chosen(state: State, where: Address, priorities: Sequence[str]) -> Profile | None:
    if where.kind not in {"email", "phone"}:
        return find(state, where)
    profiles = state.at_address(where.kind, where.value)
    for priority in priorities:
        if priority == "most_recently_updated":
            profiles = sorted(profiles, key=lambda profile: profile.updated)[-1:]
        else:
            identified = priority == "identified"
            profiles = [p for p in profiles if (p.external_id is not None) == identified]
    return profiles[0] if len(profiles) == 1 else None
