"""Batch: custom data of two apps, profiles by both calls, and events."""

from __future__ import annotations

from collections import Counter

from runner.sandbox.batch import Batch, Settings
from tests.oracle.destination import Destination, Held, Kind
from tests.oracle.rules import EventRules, Rules

NAME: dict[str, object] = {"event_name": "x"}
DUMP: dict[str, object] = {"call": "mass_update"}
KINDS: dict[str, Kind] = {
    "sent_contacts": ("batch.contacts", lambda: Rules(mode="update"), {}),
    "sent_upsert": ("batch.profiles", lambda: Rules(mode="upsert", max_attempts=3), {}),
    "sent_dump": ("batch.profiles", lambda: Rules(mode="upsert", nulls="skip"), DUMP),
    "sent_unset": ("batch.profiles", lambda: Rules(mode="mirror", on_leave="unset"), {}),
    "sent_ignore": ("batch.profiles", lambda: Rules(mode="mirror", on_leave="ignore"), {}),
    "sent_held": ("batch.events", lambda: EventRules(in_doubt="hold", timely=True), NAME),
    "sent_again": ("batch.events", lambda: EventRules(in_doubt="resend", timely=True), NAME),
    "sent_once": ("batch.events", lambda: EventRules(in_doubt="skip", timely=True), NAME),
}
FAST = {"requests": 1_000, "seconds": 1}


def _held(sandbox: Batch, service: str) -> list[Held]:
    if service == "batch.contacts":
        return [
            {
                name: {key.removeprefix("u."): str(value) for key, value in values.items()}
                for name, values in data.items()
            }
            for data in sandbox.state.apps.values()
        ]
    profiles = sandbox.state.profiles.items()
    return [
        {
            name: {key: str(value) for key, value in each.attributes.items()}
            for name, each in profiles
        }
    ]


def _events(sandbox: Batch) -> Counter[str]:
    return Counter(
        str(event["attributes"]["event_id"])  # type: ignore[index]  # the tests' own events
        for profile in sandbox.state.profiles.values()
        for event in profile.events
    )


BATCH = Destination(
    platform="batch",
    kinds=KINDS,
    start=lambda: Batch(Settings()),
    secret="rest_key",
    options={
        "app_keys": ["sandbox-ios", "sandbox-android"],
        "project_key": "project_sandbox",
        "contacts_max_rows": 2,
        "update_max_rows": 2,
        "mass_update_max_rows": 3,
        "contacts_rate_limit": FAST,
        "update_rate_limit": FAST,
        "mass_update_rate_limit": FAST,
    },
    identifier="custom_id",
    held=_held,
    events=_events,
    acquaint=lambda _sandbox, _mode: None,
    updates_create=True,
)
