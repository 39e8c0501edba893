"""Braze: twelve kinds of activations, every mode and every choice that changes what is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from runner.sandbox.braze import Braze, State
from tests.oracle.changes import IDENTIFIERS
from tests.oracle.destination import Destination, Kind
from tests.oracle.rules import EventRules, Rules

GROUP = "3f0c5a1e-0000-4000-8000-000000000001"
THE_LIST = "the_list"
LIST: dict[str, object] = {"audience_name": "the list"}
SUBSCRIPTION: dict[str, object] = {"subscription_group_id": GROUP}
NAME: dict[str, object] = {"event_name": "x"}
KINDS: dict[str, Kind] = {
    "sent_insert": ("braze.users", lambda: Rules(mode="insert"), {}),
    "sent_update": ("braze.users", lambda: Rules(mode="update"), {}),
    "sent_upsert": ("braze.users", lambda: Rules(mode="upsert", max_attempts=3), {}),
    "sent_skip": ("braze.users", lambda: Rules(mode="upsert", nulls="skip"), {}),
    "sent_mirror": ("braze.users", lambda: Rules(mode="mirror", max_attempts=2), {}),
    "sent_unset": ("braze.users", lambda: Rules(mode="mirror", on_leave="unset"), {}),
    "sent_ignore": ("braze.users", lambda: Rules(mode="mirror", on_leave="ignore"), {}),
    "sent_list": ("braze.user_list", lambda: Rules(mode="membership"), LIST),
    "sent_group": ("braze.subscription_status", lambda: Rules(mode="membership"), SUBSCRIPTION),
    "sent_held": ("braze.events", lambda: EventRules(in_doubt="hold", timely=True), NAME),
    "sent_again": ("braze.events", lambda: EventRules(in_doubt="resend", timely=True), NAME),
    "sent_once": ("braze.events", lambda: EventRules(in_doubt="skip", timely=True), NAME),
}


def acquaint(state: State, mode: str, identifiers: Sequence[str | None] = IDENTIFIERS) -> None:
    """Let a stand-in know some people, where a mode does not create them."""
    known = identifiers if mode in {"membership", "incremental"} else ()
    known = identifiers[:3] if mode == "update" else known
    for identifier in filter(None, known):
        state.create(external_id=identifier)


def held_by(state: State, service: str) -> dict[str, dict[str, str]]:
    """What the stand-in holds: profiles with their attributes, or the members of a list."""
    profiles = state.by_external_id.items()
    if service == "braze.user_list":
        return {key: {} for key, each in profiles if each.custom_attributes.get(THE_LIST) is True}
    if service == "braze.subscription_status":
        return {key: {} for key, each in profiles if each.subscriptions.get(GROUP) == "subscribed"}
    return {
        key: {name: str(value) for name, value in each.custom_attributes.items()}
        for key, each in profiles
    }


def events_of(state: State) -> Counter[str]:
    """How often each event came."""
    return Counter(
        str(event["properties"]["event_id"])  # type: ignore[index]  # the tests' own events
        for profile in state.profiles.values()
        for event in profile.events
    )


BRAZE = Destination(
    platform="braze",
    kinds=KINDS,
    start=Braze,
    secret="api_key",
    options={"max_rows": 2, "delete_max_rows": 2, "subscription_max_rows": 2},
    identifier="external_id",
    held=lambda sandbox, service: [held_by(sandbox.state, service)],
    events=lambda sandbox: events_of(sandbox.state),
    acquaint=lambda sandbox, mode: acquaint(sandbox.state, mode),
)
