"""Braze: user profiles, events, purchases, subscription groups and audiences."""

from __future__ import annotations

from collections.abc import Mapping

from runner.destinations.braze.endpoints import COUNTS, RATES
from runner.destinations.braze.events import EVENTS, PURCHASES
from runner.destinations.braze.memberships import SUBSCRIPTION_STATUS, USER_LIST
from runner.destinations.braze.probe import EXPORT
from runner.destinations.braze.users import USERS
from runner.destinations.common.waiting import asked_wait
from runner.destinations.service import Connection, Platform, Setting

__all__ = ["PLATFORM"]

DASHBOARD_URL = Setting(
    name="dashboard_url",
    description="The address of the dashboard, for links to profiles in reports.",
)


# Both dialects of Braze, the plainest first (Braze contract, section 2.3).
WAITS = ("x-ratelimit-retry-after", "retry-after", "x-ratelimit-reset")


def _headers(connection: Connection) -> Mapping[str, str]:
    return {
        "Authorization": f"Bearer {connection.secrets['api_key']}",
        "Content-Type": "application/json",
    }


PLATFORM = Platform(
    name="braze",
    title="Braze",
    secrets=("api_key",),
    options=(DASHBOARD_URL, *COUNTS, *RATES),
    headers=_headers,
    wait_after_429=lambda reply: asked_wait(reply, *WAITS),
    probe=lambda _: EXPORT,
    services=(USERS, EVENTS, PURCHASES, SUBSCRIPTION_STATUS, USER_LIST),
)
