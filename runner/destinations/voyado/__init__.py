"""Voyado Engage: contacts."""

from __future__ import annotations

from collections.abc import Mapping

from runner.destinations.access import Probe
from runner.destinations.common.explaining import obstacle
from runner.destinations.common.waiting import asked_wait
from runner.destinations.service import Connection, Platform, Reply
from runner.destinations.voyado.contacts import CONTACTS
from runner.destinations.voyado.replies import is_unknown
from runner.destinations.voyado.settings import OPTIONS

__all__ = ["PLATFORM"]

REFUSALS = dict.fromkeys(
    (401, 403), "does not accept this key: copy the API key of the tenant again"
)


def _headers(connection: Connection) -> Mapping[str, str]:
    return {
        "apikey": connection.secrets["api_key"],
        # Without it Voyado answers 500 (contract, section 1).
        "Content-Type": "application/json",
        "Accept": "application/json",
    }


def _explain(reply: Reply, connection: Connection) -> str | None:
    # Nobody has the address that is asked for.
    return None if is_unknown(reply) else obstacle(reply, connection, "Voyado", REFUSALS)


PLATFORM = Platform(
    name="voyado",
    title="Voyado",
    secrets=("api_key",),
    options=OPTIONS,
    headers=_headers,
    wait_after_429=lambda reply: asked_wait(reply, "retry-after") or 10.0,
    # Voyado's retry rules (contract, section 2).
    waits=(10.0, 30.0, 60.0, 300.0),
    probe=lambda _: Probe(
        method="GET",
        path="/api/v3/contacts/id?email=nobody%40example.invalid",
        body=b"",
        explain=_explain,
    ),
    services=(CONTACTS,),
)
