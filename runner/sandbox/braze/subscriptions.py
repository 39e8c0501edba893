"""Subscription group states by their own endpoints (Braze contract, section 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from runner.sandbox.braze.fields import SUBSCRIPTION_STATES, is_group
from runner.sandbox.braze.identity import is_e164, is_email
from runner.sandbox.braze.state import Profile, RequestRefusedError, State

TOO_MANY_IDS = "The max number of ids per request was exceeded"
_LISTS = ("external_ids", "emails", "phones")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    group: str
    state: str
    kind: str
    ids: Sequence[str]


def set_states(state: State, body: object, *, store: bool = True) -> None:
    """POST /v2/subscription/status/set: all or nothing; raises RequestRefusedError."""
    groups = body.get("subscription_groups") if isinstance(body, dict) else None
    if not isinstance(groups, list) or not groups:
        raise RequestRefusedError("'subscription_groups' must be an array of objects")
    changes = [change for item in groups for change in _changes(state, item)]
    if sum(len(change.ids) for change in changes) > state.rules.ids:
        raise RequestRefusedError(TOO_MANY_IDS)
    if any(c.kind == "emails" for c in changes) and any(c.kind == "phones" for c in changes):
        raise RequestRefusedError("'emails' and 'phones' must not stand in one request")
    if store:
        for change in changes:
            _apply(state, change)


def get_states(state: State, group: str, ids: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """GET /subscription/status/get; `ids` has external_id, email and phone lists."""
    if not is_group(group, state.rules):
        raise RequestRefusedError("'subscription_group_id' is not valid")
    if ids["external_id"]:
        kind = "external_id"
    elif ids["email"] and ids["phone"]:
        raise RequestRefusedError("only one of 'email' and 'phone' is allowed")
    else:
        kind = "email" if ids["email"] else "phone"
    if not ids[kind]:
        raise RequestRefusedError("'external_id', 'email' or 'phone' is required")
    if len(ids[kind]) > state.rules.ids:
        raise RequestRefusedError(TOO_MANY_IDS)
    return {value: _state_of(state, group, kind, value) for value in ids[kind]}


def _changes(state: State, item: object) -> Iterator[_Change]:
    if not isinstance(item, dict):
        raise RequestRefusedError("'subscription_groups' must be an array of objects")
    group, wanted = item.get("subscription_group_id"), item.get("subscription_state")
    if not isinstance(group, str) or not is_group(group, state.rules):
        raise RequestRefusedError("'subscription_group_id' is not valid")
    if wanted not in SUBSCRIPTION_STATES:
        raise RequestRefusedError("'subscription_state' is not valid")
    given = [kind for kind in _LISTS if item.get(kind)]
    if not given:
        raise RequestRefusedError("'external_ids', 'emails' or 'phones' is required")
    for kind in given:
        ids = item[kind]
        if not isinstance(ids, list) or not all(_is_id(kind, value) for value in ids):
            raise RequestRefusedError(f"'{kind}' is not valid")
        yield _Change(group=group, state=str(wanted), kind=kind, ids=ids)


def _is_id(kind: str, value: object) -> bool:
    if kind == "external_ids":
        return isinstance(value, str) and value != ""
    return is_email(value) if kind == "emails" else is_e164(value)


def _apply(state: State, change: _Change) -> None:
    for value in change.ids:
        profiles = _holders(state, change.kind.removesuffix("s"), value)
        for profile in profiles:
            profile.subscriptions[change.group] = change.state
            state.touch(profile)
        if profiles:
            continue
        if change.kind == "external_ids":
            state.dropped["subscription of an unknown external_id"] += 1
        else:
            kept = state.pending.setdefault((change.kind.removesuffix("s"), value), {})
            kept[change.group] = (change.state, state.clock())


def _holders(state: State, kind: str, value: str) -> list[Profile]:
    if kind == "external_id":
        profile = state.by_external_id.get(value)
        return [profile] if profile else []
    return state.at_address(kind, value)


def _state_of(state: State, group: str, kind: str, value: str) -> str:
    profiles = sorted(_holders(state, kind, value), key=lambda profile: -profile.updated)
    states = [p.subscriptions[group] for p in profiles if group in p.subscriptions]
    return states[0].capitalize() if states else "Unknown"
