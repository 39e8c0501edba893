"""The twelve kinds of activations: every mode, and every choice that changes what is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runner.sandbox.state import State
from tests.oracle.changes import IDENTIFIERS
from tests.oracle.rules import EventRules, Rules
from tests.oracle.verdict import GROUP

LIST: dict[str, object] = {"audience_name": "the list"}
SUBSCRIPTION: dict[str, object] = {"subscription_group_id": GROUP}
NAME: dict[str, object] = {"event_name": "x"}
# Service, rules and settings.
KINDS: dict[str, tuple[str, Callable[[], Rules], dict[str, object]]] = {
    "sent_insert": ("braze.users", lambda: Rules(mode="insert"), {}),
    "sent_update": ("braze.users", lambda: Rules(mode="update"), {}),
    "sent_upsert": ("braze.users", lambda: Rules(mode="upsert", max_attempts=3), {}),
    "sent_skip": ("braze.users", lambda: Rules(mode="upsert", nulls="skip"), {}),
    "sent_mirror": ("braze.users", lambda: Rules(mode="mirror", max_attempts=2), {}),
    "sent_unset": ("braze.users", lambda: Rules(mode="mirror", on_leave="unset"), {}),
    "sent_ignore": ("braze.users", lambda: Rules(mode="mirror", on_leave="ignore"), {}),
    "sent_list": ("braze.user_list", lambda: Rules(mode="membership"), LIST),
    "sent_group": ("braze.subscription_status", lambda: Rules(mode="membership"), SUBSCRIPTION),
    "sent_held": ("braze.events", lambda: EventRules(in_doubt="hold"), NAME),
    "sent_again": ("braze.events", lambda: EventRules(in_doubt="resend"), NAME),
    "sent_once": ("braze.events", lambda: EventRules(in_doubt="skip"), NAME),
}


def acquaint(state: State, mode: str, identifiers: Sequence[str | None] = IDENTIFIERS) -> None:
    """Let a stand-in know some people, where a mode does not create them."""
    known = identifiers if mode in {"membership", "incremental"} else ()
    known = identifiers[:3] if mode == "update" else known
    for identifier in filter(None, known):
        state.create(external_id=identifier)
