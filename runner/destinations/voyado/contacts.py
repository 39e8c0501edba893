"""`voyado.contacts`: contacts, looked up before each write (Voyado contract, sections 3 to 6)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from urllib.parse import quote, urlencode

from runner.destinations.common.paths import step
from runner.destinations.common.rows import identifier_of, identifier_value, payload_of
from runner.destinations.common.settings import flag, given, rate
from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Lookup,
    Operation,
    Rejection,
    Reply,
    Row,
    Service,
    SyncMode,
    Target,
    Unbelievable,
)
from runner.destinations.voyado.fields import mistake, rendered
from runner.destinations.voyado.replies import (
    NOT_FOUND,
    REFUSING,
    found_id,
    is_unknown,
    refusal,
)
from runner.destinations.voyado.settings import (
    CONTACT_TYPE,
    EMPTY_TEXT,
    RATE_LIMIT,
    SETTINGS,
    SOURCE,
    STORE,
    UNAPPROVED,
)
from runner.destinations.voyado.verdicts import verdict_by

CONTACTS_PATH = "/api/v3/contacts"
ONE = "/api/v3/contacts/{contactId}"
MAX_BYTES = 1_000_000
# Whoever is found by one of these cannot be created by it.
FINDING_ONLY = ("contactId", "customKey")
_WHY = "it removes the person, for every other tool too"
REFUSED_MODES: Mapping[SyncMode, str] = {
    "insert": "Voyado's create answers with a contact that was there as if it were new: use upsert",
    "mirror": f"Voyado's delete is no way to leave a list, {_WHY}: use upsert, and a field that "
    "says who belongs",
}


def _mistakes(activation: Activation, _: Connection) -> Iterator[str]:
    identifier = identifier_of(activation)
    if activation.sync_mode == "upsert" and identifier in FINDING_ONLY:
        yield f"Voyado creates no contact by {identifier}: use update, or another identifier"
    for name in activation.attributes:
        found = mistake(name)
        if found:
            yield found
        if name == identifier:
            yield f"`{name}` is mapped both as identifier and as attribute: leave the attribute out"


def _endpoint(activation: Activation, connection: Connection, _: Operation) -> Endpoint:
    by_id = identifier_of(activation) == "contactId"
    ask = partial(_known, activation, method="GET") if by_id else partial(_ask, activation)
    lookup = Lookup(ask=ask, read=partial(_found, activation))
    return Endpoint(
        targets=() if by_id else (Target(path=CONTACTS_PATH, opening=b"{", closing=b"}"),),
        route=partial(_known, activation) if by_id else None,
        lookup=None if by_id else lookup,
        fragment=partial(_fragment, activation),
        verdict=verdict_by(ask, partial(_one, method="GET")),
        reads=REFUSING,
        max_rows=1,
        max_bytes=MAX_BYTES,
        rate=rate(connection, RATE_LIMIT, "all"),
        permission="writing contacts",
    )


def _fragment(activation: Activation, row: Row) -> bytes | Rejection:
    identifier = _identifier(activation, row)
    if isinstance(identifier, Rejection):
        return identifier
    found = payload_of(row)
    if isinstance(found, Rejection):
        return found
    parts = rendered(found, clears=given(activation, EMPTY_TEXT) == "clear")
    return parts if isinstance(parts, Rejection) else ",".join(parts).encode()


def _identifier(activation: Activation, row: Row) -> str | Rejection:
    """An address is told in small letters and without blanks (U8)."""
    value = identifier_value(activation, row)
    if isinstance(value, Rejection):
        return value
    name = identifier_of(activation)
    value = value.strip().lower() if name == "email" else value
    if step(value) is None:
        return Rejection(code="TAILRACE_NO_IDENTIFIER", reason=f"`{name}` is no {name}")
    return value


def _ask(activation: Activation, row: Row) -> Target:
    asked = {
        identifier_of(activation): str(_identifier(activation, row)),
        "contactType": str(given(activation, CONTACT_TYPE)),
    }
    path = f"{CONTACTS_PATH}/id?{urlencode(asked, quote_via=quote)}"
    return Target(path=path, shown=f"{CONTACTS_PATH}/id", method="GET")


def _found(activation: Activation, reply: Reply, row: Row) -> Target | Rejection | Unbelievable:
    if is_unknown(reply):
        if activation.sync_mode == "update":
            words = f"Voyado knows no contact with this {identifier_of(activation)}"
            return Rejection(code="CONTACT_NOT_FOUND", reason=words)
        return _new(activation, row)
    if reply.status == NOT_FOUND:
        return Unbelievable(reason="its 404 is not one of Voyado's")
    if reply.status in REFUSING:
        return refusal(reply)
    contact = step(found_id(reply))
    return _one(contact) if contact else Unbelievable(reason="it is no contact id")


def _one(contact: str, *, method: str = "PATCH") -> Target:
    path = f"{CONTACTS_PATH}/{contact}"
    return Target(path=path, shown=ONE, method=method, opening=b"{", closing=b"}")


def _known(activation: Activation, row: Row, *, method: str = "PATCH") -> Target:
    identifier = _identifier(activation, row)
    # One that is refused goes nowhere, and its fragment says why.
    contact = "" if isinstance(identifier, Rejection) else step(identifier) or ""
    return _one(contact, method=method)


def _new(activation: Activation, row: Row) -> Target:
    """A contact that is created holds its key and type beside the fields."""
    asked = {
        "source": given(activation, SOURCE),
        "storeExternalId": given(activation, STORE),
        "createAsUnapproved": "true" if flag(activation, UNAPPROVED) else None,
    }
    query = urlencode({name: value for name, value in asked.items() if value}, quote_via=quote)
    own = {
        "contactType": given(activation, CONTACT_TYPE),
        identifier_of(activation): _identifier(activation, row),
    }
    comma = b"," if _fragment(activation, row) else b""
    return Target(
        path=f"{CONTACTS_PATH}?{query}" if query else CONTACTS_PATH,
        method="POST",
        opening=json.dumps(own, separators=(",", ":"))[:-1].encode() + comma,
        closing=b"}",
    )


CONTACTS = Service(
    name="voyado.contacts",
    description="Contacts with their fields, preferences (`preferences.acceptsEmail`) and "
    "consents. Each is looked up first, so a row takes two requests.",
    kind="record",
    sync_modes={
        "update": "Changes contacts that Voyado knows; others are rejected.",
        "upsert": "Changes contacts that Voyado knows and creates the others.",
    },
    refused_modes=REFUSED_MODES,
    identifiers={
        "contactId": "Voyado's own id; update only, and without a look-up",
        "email": "the address, in small letters",
        "mobilePhone": "the number in E.164 form",
        "socialSecurityNumber": "Sweden and Finland",
        "customKey": "memberNumber or externalId, as the tenant is configured; update only",
    },
    settings=SETTINGS,
    permissions=("an API key of its own (Configure, API connections)",),
    leavers="Nothing: their fields stay.",
    limits="One contact a request and two requests a contact, 50 requests a second.",
    unconfirmed=(
        "The form of an error's body: its code and message where they are found.",
        (
            "Whether the answer to a change holds the contact: where it does not, the contact is "
            "read back until each mapped field was seen once in a run. A field that is not there "
            "is unknown to the tenant, and its row rejected."
        ),
        "What creating a contact does that appeared since its look-up.",
        "Decimals: sent with a point, as numbers.",
    ),
    repeatable=True,
    mistakes=_mistakes,
    endpoint=_endpoint,
)
