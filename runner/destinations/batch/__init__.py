"""Batch: attributes of an app's users (MEP), profiles and events of a project (CEP)."""

from __future__ import annotations

from collections.abc import Mapping

from runner.destinations.batch.contacts import CONTACTS
from runner.destinations.batch.events import EVENTS
from runner.destinations.batch.probe import probe
from runner.destinations.batch.profiles import PROFILES
from runner.destinations.batch.settings import OPTIONS
from runner.destinations.common.waiting import asked_wait
from runner.destinations.service import Connection, Platform

__all__ = ["PLATFORM"]


def _headers(_: Connection) -> Mapping[str, str]:
    # How a request carries the key depends on the generation of its API.
    return {"Content-Type": "application/json"}


PLATFORM = Platform(
    name="batch",
    title="Batch",
    secrets=("rest_key",),
    options=OPTIONS,
    headers=_headers,
    # Batch asks for five seconds or more (Batch contract, section 3).
    wait_after_429=lambda reply: asked_wait(reply, "retry-after") or 5.0,
    probe=probe,
    services=(CONTACTS, PROFILES, EVENTS),
)
