"""Dotdigital: contacts and lists, by imports that are followed to their end."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from runner.destinations.access import Probe
from runner.destinations.common.explaining import obstacle
from runner.destinations.common.jsontext import answered
from runner.destinations.common.waiting import asked_wait
from runner.destinations.dotdigital.contacts import CONTACTS
from runner.destinations.dotdigital.lists import LISTS
from runner.destinations.dotdigital.settings import OPTIONS
from runner.destinations.service import Connection, Platform, Reply

__all__ = ["PLATFORM"]

REFUSALS = {
    401: "does not accept this API user and password",
    403: "refuses this API user: the account may live in another region "
    "(https://r1-api.dotdigital.com, r2 or r3), or the user may lack a right",
}


def _headers(connection: Connection) -> Mapping[str, str]:
    pair = f"{connection.secrets['api_user']}:{connection.secrets['password']}"
    return {
        "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
        "Content-Type": "application/json",
    }


def _explain(reply: Reply, connection: Connection) -> str | None:
    """Also whether the account lives in the region of the url (contract, section 1)."""
    refused = obstacle(reply, connection, "Dotdigital", REFUSALS)
    if refused:
        return refused
    for each in (answered(reply.body) or {}).get("properties") or ():
        if isinstance(each, dict) and each.get("name") == "ApiEndpoint":
            home = str(each.get("value") or "").rstrip("/")
            if home and home != connection.url:
                return f"This account lives at {home}: put that as url of {connection.name}."
    return None


PLATFORM = Platform(
    name="dotdigital",
    title="Dotdigital",
    secrets=("api_user", "password"),
    options=OPTIONS,
    headers=_headers,
    # Until the window is over; the header's form is not documented (contract, section 7).
    wait_after_429=lambda reply: asked_wait(reply, "retry-after", "x-ratelimit-reset") or 30.0,
    probe=lambda _: Probe(method="GET", path="/v2/account-info", body=b"", explain=_explain),
    services=(CONTACTS, LISTS),
)
