"""Iterable: users and lists (contract of other platforms, section 4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from runner.destinations.access import Probe
from runner.destinations.common import jsontext
from runner.destinations.common.explaining import obstacle
from runner.destinations.common.jsontext import answered
from runner.destinations.common.rows import identifier_of, identifier_value, payload_of
from runner.destinations.common.settings import (
    COUNT,
    FLAG,
    OPTION_COUNT,
    OPTION_RATE,
    count,
    flag,
    number,
    rate,
)
from runner.destinations.common.waiting import asked_wait
from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Operation,
    Platform,
    Rejection,
    Reply,
    Row,
    Service,
    Setting,
    Settled,
    Split,
    SyncMode,
    Target,
    Unbelievable,
    Verdict,
)

__all__ = ["PLATFORM"]

OK = 200
UNAUTHORIZED = 401
MAX_BYTES = 4_000_000
MAX_ROWS = Setting(
    name="max_rows",
    description="Users in one request (unconfirmed).",
    default=1000,
    check=OPTION_COUNT,
)
RATE_LIMIT = Setting(
    name="rate_limit",
    description="Requests in any window of so many seconds, for users and for lists.",
    default={"requests": 5, "seconds": 1},
    check=OPTION_RATE,
)
LIST_ID = Setting(name="list_id", description="The number of the list.", required=True, check=COUNT)
KNOWN_ONLY = Setting(
    name="existing_users_only",
    description="Let only users enter the list whom Iterable knows; others are created otherwise.",
    check=FLAG,
)
IDENTIFIERS = {
    "email": "the address, in a project that goes by e-mail",
    "userId": "your own id, in a project that goes by user id",
}
_NO_CHOICE = "Iterable creates every user it does not know, and has no call that"
REFUSED_MODES: Mapping[SyncMode, str] = {
    "insert": f"{_NO_CHOICE} leaves a known one as it is: use upsert",
    "update": f"{_NO_CHOICE} does not: use upsert",
    "mirror": "Iterable's delete erases the user, for every other tool too: use upsert, and "
    "iterable.lists to say who belongs",
}


def _users(activation: Activation, connection: Connection, _: Operation) -> Endpoint:
    return _endpoint(activation, connection, "/api/users/bulkUpdate", b'{"users":[', b"]}", _user)


def _lists(activation: Activation, connection: Connection, operation: Operation) -> Endpoint:
    leaving = operation == "delete"
    told: dict[str, object] = {"listId": number(activation, LIST_ID)}
    if leaving:
        # Else who leaves a list would leave the whole channel.
        told["channelUnsubscribe"] = False
    else:
        told["updateExistingUsersOnly"] = flag(activation, KNOWN_ONLY)
    opening = json.dumps(told, separators=(",", ":"))[:-1] + ',"subscribers":['
    path = "/api/lists/unsubscribe" if leaving else "/api/lists/subscribe"
    return _endpoint(activation, connection, path, opening.encode(), b"]}", _subscriber)


def _endpoint(
    activation: Activation,
    connection: Connection,
    path: str,
    opening: bytes,
    closing: bytes,
    fragment: Callable[[Activation, Row], bytes | Rejection],
) -> Endpoint:
    return Endpoint(
        targets=(Target(path=path, opening=opening, closing=closing),),
        fragment=partial(fragment, activation),
        verdict=partial(_verdict, activation),
        distinct=True,
        max_rows=count(connection, MAX_ROWS),
        max_bytes=MAX_BYTES,
        rate=rate(connection, RATE_LIMIT, path),
        permission="a server-side key",
    )


def _user(activation: Activation, row: Row) -> bytes | Rejection:
    person = _person(activation, row)
    found = payload_of(row)
    if isinstance(person, Rejection):
        return person
    if isinstance(found, Rejection):
        return found
    fields = jsontext.joined(f"{json.dumps(name)}:{each.text}" for name, each in found.items())
    prefer = '"preferUserId":true' if identifier_of(activation) == "userId" else ""
    return jsontext.joined([person, f'"dataFields":{fields}', prefer]).encode()


def _subscriber(activation: Activation, row: Row) -> bytes | Rejection:
    person = _person(activation, row)
    return person if isinstance(person, Rejection) else f"{{{person}}}".encode()


def _person(activation: Activation, row: Row) -> str | Rejection:
    value = identifier_value(activation, row)
    if isinstance(value, Rejection):
        return value
    return f"{json.dumps(identifier_of(activation))}:{json.dumps(value)}"


def _verdict(activation: Activation, reply: Reply, rows: Sequence[Row]) -> Verdict:
    """A 200 names who failed, by what finds them; a 400 refuses all."""
    body = answered(reply.body)
    if reply.status != OK:
        told = body or {}
        words = str(told.get("msg") or f"Iterable answered {reply.status} without a message")
        return Split(rejection=Rejection(code=str(told.get("code") or reply.status), reason=words))
    failures = (body or {}).get("failedUpdates")
    if body is None or not isinstance(body.get("failCount"), int):
        return Unbelievable(reason="it does not count what failed")
    places = {str(identifier_value(activation, row)).lower(): at for at, row in enumerate(rows)}
    rejections: dict[int, Rejection] = {}
    for code, value in _failed(failures if isinstance(failures, dict) else {}):
        if value.lower() not in places:
            return Unbelievable(reason="it names a user that was not sent")
        reason = f"Iterable says {code}"
        rejections[places[value.lower()]] = Rejection(code=code, reason=reason)
    if len(rejections) != body["failCount"]:
        return Unbelievable(reason="it counts other failures than it names")
    filtered = body.get("filteredOutFields")
    return _without(filtered if isinstance(filtered, list) else [], rows, rejections)


def _failed(failures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for code, values in failures.items():
        for value in values if isinstance(values, list) else ():
            yield code, str(value)


def _without(
    filtered: Sequence[object], rows: Sequence[Row], rejections: dict[int, Rejection]
) -> Settled:
    """Rows with a field that the project does not let in were taken without it."""
    partial_: set[int] = set()
    for at, row in enumerate(rows) if filtered else ():
        found = payload_of(row)
        lost = [name for name in filtered if not isinstance(found, Rejection) and name in found]
        if lost and at not in rejections:
            names = ", ".join(f"`{name}`" for name in lost)
            words = f"Iterable took the user without {names}: its schema does not let it in"
            rejections[at] = Rejection(code="filteredOutFields", reason=words)
            partial_.add(at)
    return Settled(rejections=rejections, partial=frozenset(partial_))


def _explain(reply: Reply, connection: Connection) -> str | None:
    refused = "does not accept this key: it may be of the other region"
    return obstacle(reply, connection, "Iterable", {UNAUTHORIZED: refused})


USERS = Service(
    name="iterable.users",
    description="Users with their fields; a field's type is that of its first value.",
    kind="record",
    sync_modes={"upsert": "Creates users or changes what changed."},
    refused_modes=REFUSED_MODES,
    identifiers=IDENTIFIERS,
    permissions=("a server-side key of the project",),
    leavers="Nothing: their fields stay.",
    limits="1,000 users and 4 MB a request, 5 requests a second.",
    unconfirmed=("The number of users a request takes: 1,000.", "A null clears its field."),
    repeatable=True,
    endpoint=_users,
)
LISTS = Service(
    name="iterable.lists",
    description="Who is in a list. Whoever leaves it stays subscribed to its channel.",
    kind="membership",
    sync_modes={"membership": "Whoever is in the model is in the list."},
    identifiers=IDENTIFIERS,
    settings=(LIST_ID, KNOWN_ONLY),
    permissions=("a server-side key of the project",),
    leavers="They leave the list, and nothing else.",
    limits="1,000 users and 4 MB a request, 5 requests a second.",
    repeatable=True,
    endpoint=_lists,
)
PLATFORM = Platform(
    name="iterable",
    title="Iterable",
    secrets=("api_key",),
    options=(MAX_ROWS, RATE_LIMIT),
    headers=lambda connection: {
        "Api-Key": connection.secrets["api_key"],
        "Content-Type": "application/json",
    },
    wait_after_429=lambda reply: asked_wait(reply, "retry-after"),
    probe=lambda _: Probe(method="GET", path="/api/lists", body=b"", explain=_explain),
    services=(USERS, LISTS),
)
