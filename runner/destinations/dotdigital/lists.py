"""`dotdigital.lists`: who is in a list (v2: address book), never who exists (contract, 6)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from runner.destinations.common import jsontext
from runner.destinations.common.jsontext import answered
from runner.destinations.common.rows import identifier_of
from runner.destinations.common.settings import given, rate
from runner.destinations.dotdigital import identity, imports
from runner.destinations.dotdigital.replies import (
    REFUSING,
    code_of,
    found_contact,
    listed,
    read_removal,
    refusal,
)
from runner.destinations.dotdigital.settings import (
    CUSTOM_IDENTIFIER,
    LIST,
    LIST_ID,
    SINGLE_RATE,
)
from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Lookup,
    Operation,
    Preparation,
    Rejection,
    Reply,
    Row,
    Service,
    Settled,
    Target,
    Unbelievable,
)
from runner.errors import ConfigurationError

BOOKS = "/v2/address-books"
AT_ONCE = 1000
NOT_FOUND = 404
MAX_BYTES = 1_000


def _mistakes(activation: Activation, _: Connection) -> Iterator[str]:
    yield from identity.mistakes(activation)
    if (given(activation, LIST) is None) == (given(activation, LIST_ID) is None):
        yield "the list is needed once: by settings.list or by settings.list_id"


def _prepared(activation: Activation, _: Connection) -> Preparation:
    """Find the list, or make it. Raises ConfigurationError where its number is nobody's."""
    number, name = given(activation, LIST_ID), given(activation, LIST)
    books: list[Mapping[str, Any]] = []
    while True:
        reply = yield Target(path=f"{BOOKS}?select={AT_ONCE}&skip={len(books)}", method="GET")
        page = listed(reply) if reply else []
        books += page
        if len(page) < AT_ONCE:
            break
    key = "name" if number is None else "id"
    wanted = name if number is None else int(str(number))
    found = [book.get("id") for book in books if book.get(key) == wanted]
    if not found and number is not None and reply:
        raise ConfigurationError(f"settings.list_id is {number}, and there is no such list.")
    if not found:
        body = json.dumps({"name": name, "visibility": "Private"}).encode()
        reply = yield Target(path=BOOKS, method="POST", opening=body)
        found = [(answered(reply.body) or {}).get("id") if reply else 0]
    if not isinstance(found[0], int):
        raise ConfigurationError(f"the list `{name}` was made, and the answer does not say which.")
    return replace(activation, settings={**activation.settings, LIST_ID.name: found[0]})


def _endpoint(activation: Activation, connection: Connection, operation: Operation) -> Endpoint:
    if operation != "delete":
        return imports.endpoint(activation, connection, partial(_entering, activation))
    by_id = identifier_of(activation) == "contactId"
    lookup = Lookup(ask=partial(identity.place_of, activation), read=partial(_known, activation))
    return Endpoint(
        targets=() if by_id else (Target(path=BOOKS),),
        route=partial(_routed, activation) if by_id else None,
        lookup=None if by_id else lookup,
        fragment=partial(_leaving, activation),
        verdict=read_removal,
        reads=REFUSING,
        max_rows=1,
        max_bytes=MAX_BYTES,
        rate=rate(connection, SINGLE_RATE, "single"),
        permission="changing lists",
        method="DELETE",
    )


def _entering(activation: Activation, row: Row) -> bytes | Rejection:
    """Identifiers and the list alone: to enter a list changes nobody's consent."""
    value = identity.value_of(activation, row)
    if isinstance(value, Rejection):
        return value
    return jsontext.joined(
        [
            f'"matchIdentifier":{jsontext.quoted(identity.name_of(activation))}',
            f'"identifiers":{{{identity.member_of(activation, value)}}}',
            f'"lists":[{json.dumps(given(activation, LIST_ID))}]',
        ]
    ).encode()


def _leaving(activation: Activation, row: Row) -> bytes | Rejection:
    value = identity.value_of(activation, row)
    return value if isinstance(value, Rejection) else b""


def _known(
    activation: Activation, reply: Reply, _: Row
) -> Target | Settled | Rejection | Unbelievable:
    if reply.status != NOT_FOUND and reply.status in REFUSING and code_of(reply):
        return refusal(reply)
    contact = found_contact(reply)
    if contact is None:
        # Whom Dotdigital does not know is in no list.
        return Settled(rejections={})
    return contact if isinstance(contact, Unbelievable) else _one(activation, str(contact))


def _routed(activation: Activation, row: Row) -> Target:
    value = identity.value_of(activation, row)
    return _one(activation, "" if isinstance(value, Rejection) else value)


def _one(activation: Activation, contact: str) -> Target:
    place = f"{BOOKS}/{given(activation, LIST_ID)}/contacts"
    return Target(path=f"{place}/{contact}", shown=f"{place}/{{contactId}}", method="DELETE")


LISTS = Service(
    name="dotdigital.lists",
    description="A list (address book), found or made by its name. Whoever leaves it stays a "
    "contact.",
    kind="membership",
    sync_modes={"membership": "Whoever is in the model is in the list."},
    identifiers=identity.IDENTIFIERS,
    settings=(LIST, LIST_ID, CUSTOM_IDENTIFIER),
    permissions=("an API user of the account",),
    leavers="They are taken out of the list by their contactId, and stay contacts; nobody is "
    "deleted, and no consent is changed.",
    limits="Entering: 10,000 contacts an import, 60 imports a minute. Leaving: one contact a "
    "request, and one more to look it up; 600 requests a minute.",
    unconfirmed=(
        "Suppressed contacts enter no list; they are rejected as NOT_REPORTED.",
        "Whether imports are worked on in the order in which they were begun.",
        (
            "Whom Dotdigital does not know is created by entering a list, and arrives subscribed "
            "to e-mail; an activation by contactId creates nobody."
        ),
    ),
    repeatable=True,
    mistakes=_mistakes,
    prepared=_prepared,
    endpoint=_endpoint,
)
