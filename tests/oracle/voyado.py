"""Voyado: contacts that are looked up before each write."""

from __future__ import annotations

from collections import Counter

from runner.sandbox.voyado import Settings, Voyado
from tests.oracle.destination import Destination, Held, Kind
from tests.oracle.rules import Rules

KINDS: dict[str, Kind] = {
    "sent_update": ("voyado.contacts", lambda: Rules(mode="update"), {}),
    "sent_upsert": ("voyado.contacts", lambda: Rules(mode="upsert", max_attempts=3), {}),
    "sent_skip": ("voyado.contacts", lambda: Rules(mode="upsert", nulls="skip"), {}),
}
# Those that a row may get; the last ones make it invalid.
PEOPLE = [f"u{number}@example.org" for number in range(1, 7)] + ["q+'%/é&@example.org"]


def _held(sandbox: Voyado, _service: str) -> list[Held]:
    contacts = sandbox.state.contacts.values()
    emails = Counter(str(each.attributes["email"]) for each in contacts)
    assert set(emails.values()) <= {1}, f"created twice: {emails}"
    return [
        {
            str(each.attributes["email"]): {
                name: str(value) for name, value in each.attributes.items()
            }
            for each in contacts
        }
    ]


def _acquaint(sandbox: Voyado, mode: str) -> None:
    """Voyado refuses to update whom it does not know."""
    for email in PEOPLE if mode == "update" else PEOPLE[:2]:
        sandbox.state.set(sandbox.state.create(), "email", email)


VOYADO = Destination(
    platform="voyado",
    kinds=KINDS,
    # Whose answers do not say which fields they took, so each is read back.
    start=lambda: Voyado(Settings(silent=True)),
    secret="api_key",
    options={"rate_limit": {"requests": 1_000, "seconds": 1}},
    identifier="email",
    held=_held,
    events=lambda _: Counter(),
    acquaint=_acquaint,
    identifiers=(*PEOPLE, "", None),
)
