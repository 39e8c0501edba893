"""`dotdigital.contacts`: contacts with their data fields, by import or one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from runner.destinations.common import jsontext
from runner.destinations.common.rows import identifier_of, payload_of
from runner.destinations.common.settings import count, rate
from runner.destinations.dotdigital import fields, identity, imports
from runner.destinations.dotdigital.identity import CONTACTS as PATH
from runner.destinations.dotdigital.replies import (
    REFUSING,
    code_of,
    found_contact,
    read_contact,
    refusal,
)
from runner.destinations.dotdigital.settings import (
    CUSTOM_IDENTIFIER,
    IMPORT_MAX_BYTES,
    MAX_TEXT,
    SINGLE_RATE,
)
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

ONE = f"{PATH}/contactId/{{contactId}}"
_WHY = "Dotdigital's import creates or changes, and tells neither from the other beforehand"
REFUSED_MODES: Mapping[SyncMode, str] = {
    "insert": f"{_WHY}: use upsert",
    "mirror": "Dotdigital's delete erases the person, for every other tool too: use upsert, and "
    "dotdigital.lists to say who belongs",
}


def _mistakes(activation: Activation, _: Connection) -> Iterator[str]:
    yield from identity.mistakes(activation)
    if activation.sync_mode == "upsert" and identifier_of(activation) == "contactId":
        yield "nobody can be created by contactId: use update, or another identifier"
    yield from fields.mistakes(activation)


def _endpoint(activation: Activation, connection: Connection, _: Operation) -> Endpoint:
    if activation.sync_mode == "upsert" or identifier_of(activation) == "contactId":
        return imports.endpoint(activation, connection, partial(_imported, activation, connection))
    return Endpoint(
        targets=(Target(path=PATH, opening=b"{", closing=b"}"),),
        lookup=Lookup(ask=partial(identity.place_of, activation), read=_known),
        fragment=partial(_changed, activation, connection),
        verdict=read_contact,
        reads=REFUSING,
        max_rows=1,
        max_bytes=count(connection, IMPORT_MAX_BYTES),
        rate=rate(connection, SINGLE_RATE, "single"),
        permission="changing contacts",
    )


def _known(reply: Reply, _: Row) -> Target | Rejection | Unbelievable:
    if reply.status in REFUSING and code_of(reply) and reply.status != 404:  # noqa: PLR2004
        return refusal(reply)
    contact = found_contact(reply)
    if contact is None:
        return Rejection(code="CONTACT_NOT_FOUND", reason="Dotdigital knows no such contact")
    if isinstance(contact, Unbelievable):
        return contact
    return Target(
        path=f"{PATH}/contactId/{contact}", shown=ONE, method="PATCH", opening=b"{", closing=b"}"
    )


def _imported(activation: Activation, connection: Connection, row: Row) -> bytes | Rejection:
    """A contact of an import: what finds it, who it is, and what it holds."""
    value = identity.value_of(activation, row)
    if isinstance(value, Rejection):
        return value
    parts = _parts(activation, connection, row)
    if isinstance(parts, Rejection):
        return parts
    further, *others = parts
    own = jsontext.joined([identity.member_of(activation, value), further])
    match = jsontext.quoted(identity.name_of(activation))
    return jsontext.joined([f'"matchIdentifier":{match}', f'"identifiers":{own}', *others]).encode()


def _changed(activation: Activation, connection: Connection, row: Row) -> bytes | Rejection:
    """The members of a contact that was found."""
    value = identity.value_of(activation, row)
    if isinstance(value, Rejection):
        return value
    parts = _parts(activation, connection, row)
    if isinstance(parts, Rejection):
        return parts
    further, *others = parts
    own = f'"identifiers":{{{further}}}' if further else ""
    return ",".join(part for part in (own, *others) if part).encode()


def _parts(activation: Activation, connection: Connection, row: Row) -> list[str] | Rejection:
    found = payload_of(row)
    if isinstance(found, Rejection):
        return found
    return fields.rendered(activation, found, count(connection, MAX_TEXT))


CONTACTS = Service(
    name="dotdigital.contacts",
    description="Contacts with their data fields, called as in the account. `email.status`, "
    "`sms.status` and the like say what a person wants to receive, `identifiers.mobileNumber` adds "
    "another identifier.",
    kind="record",
    sync_modes={
        "upsert": "Imports contacts: creates them or changes what changed.",
        "update": "Changes contacts that Dotdigital knows, each looked up first (by contactId: "
        "imported); others are rejected.",
    },
    refused_modes=REFUSED_MODES,
    identifiers=identity.IDENTIFIERS,
    settings=(CUSTOM_IDENTIFIER,),
    permissions=("an API user of the account",),
    leavers="Nothing: their data fields stay. Nobody is ever deleted.",
    limits="10,000 contacts and 20 MB an import, 60 imports and 600 other requests a minute. A "
    "name of a data field has 1 to 20 characters, a text 1,000. A contact that an import creates "
    "arrives subscribed to e-mail, unless `email.status` is mapped.",
    unconfirmed=(
        "The limits of an import and the rates of the account: options.",
        (
            "What a report leaves out: a contact that it names neither as taken nor as failed is "
            "rejected as NOT_REPORTED, being probably suppressed."
        ),
        "Whether imports are worked on in the order in which they were begun.",
        "How long a report stays: an import that is not known any more is sent again.",
        "The lengths of texts and of names of data fields.",
    ),
    repeatable=True,
    mistakes=_mistakes,
    prepared=fields.prepared,
    endpoint=_endpoint,
)
