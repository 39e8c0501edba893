"""Dotdigital: contacts by imports that take their time, and lists that nobody is deleted from."""

from __future__ import annotations

from collections import Counter

from runner.sandbox.dotdigital import Dotdigital, Settings
from runner.sandbox.dotdigital.contacts import work
from runner.sandbox.dotdigital.workspace import API_USER
from tests.oracle.destination import Destination, Held, Kind
from tests.oracle.rules import Rules
from tests.oracle.voyado import PEOPLE

LIST: dict[str, object] = {"list": "the list"}
KINDS: dict[str, Kind] = {
    "sent_update": ("dotdigital.contacts", lambda: Rules(mode="update"), {}),
    "sent_upsert": ("dotdigital.contacts", lambda: Rules(mode="upsert", max_attempts=3), {}),
    "sent_skip": ("dotdigital.contacts", lambda: Rules(mode="upsert", nulls="skip"), {}),
    "sent_list": ("dotdigital.lists", lambda: Rules(mode="membership"), LIST),
}
FIELDS = {"word": "String", "amount": "Numeric", "big": "Numeric"}
FAST = {"requests": 1_000, "seconds": 1}
# Before the first build; nobody may be missing later.
KNOWN = PEOPLE[:2]


def _held(sandbox: Dotdigital, service: str) -> list[Held]:
    state = sandbox.state
    at_work = [each.id for each in state.imports.values() if each.report is None]
    assert not at_work, f"imports were not heard to their end: {at_work}"
    emails = {each.identifiers["email"] for each in state.contacts.values()}
    assert len(emails) == len(state.contacts), "somebody was created twice"
    people = list(state.contacts.values())
    if service == "dotdigital.lists":
        people = [each for book in state.books.values() for each in book.values()]
    return [
        {
            each.identifiers["email"]: {key: str(value) for key, value in each.data_fields.items()}
            for each in people
        }
    ]


def _acquaint(sandbox: Dotdigital, mode: str) -> None:
    """An update rejects whom Dotdigital does not know."""
    for email in PEOPLE if mode == "update" else KNOWN:
        sandbox.state.identify(sandbox.state.create(), "email", email)


def _time_passes(sandbox: Dotdigital) -> None:
    """An import whose answer got lost is over by the next build, as nobody can ask for it."""
    with sandbox.lock:
        while any(each.report is None for each in sandbox.state.imports.values()):
            work(sandbox.state, sandbox.refusals)


DOTDIGITAL = Destination(
    platform="dotdigital",
    kinds=KINDS,
    start=lambda: Dotdigital(Settings(fields=FIELDS, import_requests=3)),
    secret="password",
    secrets={"api_user": API_USER},
    options={
        "import_max_rows": 2,
        "import_rate_limit": FAST,
        "single_rate_limit": FAST,
        "poll_seconds": [0.01],
    },
    identifier="email",
    held=_held,
    events=lambda _: Counter(),
    acquaint=_acquaint,
    time_passes=_time_passes,
    identifiers=(*PEOPLE, "", None),
)
