"""Criteo: contact lists of hashed identifiers (contract of other platforms, section 14)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from runner.destinations.access import Login, Probe
from runner.destinations.common.explaining import obstacle
from runner.destinations.common.jsontext import answered
from runner.destinations.common.rows import identifier_of, identifier_value
from runner.destinations.common.settings import (
    OPTION_COUNT,
    OPTION_RATE,
    count,
    given,
    option,
    rate,
    text,
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
    Target,
    Unbelievable,
    Verdict,
)

__all__ = ["PLATFORM"]

OK = 200
FORBIDDEN = 403
MAX_BYTES = 10_000_000
_HASH = re.compile(r"[0-9a-f]{64}")
VERSION = Setting(
    name="version",
    description="The version of the API.",
    default="2026-07",
    check=(
        'a version such as "2026-07", in quotes',
        lambda value: isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}", value) is not None,
    ),
)
MAX_ROWS = Setting(
    name="max_rows",
    description="Identifiers in one request.",
    default=50_000,
    check=OPTION_COUNT,
)
RATE_LIMIT = Setting(
    name="rate_limit",
    description="Requests in any window of so many seconds; 10 a minute for an app that is "
    "authorized by a code.",
    default={"requests": 250, "seconds": 60},
    check=OPTION_RATE,
)
AUDIENCE_ID = Setting(
    name="audience_id",
    description="The id of the audience segment, whose kind is a contact list.",
    required=True,
    check=text(40),
)
GUM_CALLER = Setting(
    name="gum_caller_id", description="Your caller id, for the identifier gum.", check=text(40)
)
HASHED = {"email": "hashed_email", "phoneNumber": "hashed_phone"}


def _mistakes(activation: Activation, _: Connection) -> Iterator[str]:
    if (identifier_of(activation) == "gum") != (given(activation, GUM_CALLER) is not None):
        yield "settings.gum_caller_id is needed with the identifier gum, and with no other"
    if not str(given(activation, AUDIENCE_ID)).isdecimal():
        yield "settings.audience_id must be the segment's number, in quotes"


def _endpoint(activation: Activation, connection: Connection, operation: Operation) -> Endpoint:
    segment = given(activation, AUDIENCE_ID)
    told: dict[str, object] = {
        "operation": "remove" if operation == "delete" else "add",
        "identifierType": identifier_of(activation),
    }
    if given(activation, GUM_CALLER) is not None:
        told["gumCallerId"] = given(activation, GUM_CALLER)
    opening = (
        '{"data":{"type":"ContactlistAmendment","attributes":'
        + json.dumps(told, separators=(",", ":"))[:-1]
        + ',"identifiers":['
    )
    path = f"/{option(connection, VERSION)}/marketing-solutions/audience-segments/{segment}"
    return Endpoint(
        targets=(Target(path=f"{path}/contact-list", opening=opening.encode(), closing=b"]}}}"),),
        fragment=partial(_fragment, activation),
        verdict=partial(_verdict, activation),
        distinct=True,
        max_rows=count(connection, MAX_ROWS),
        max_bytes=MAX_BYTES,
        rate=rate(connection, RATE_LIMIT, "all"),
        permission="managing audiences of this advertiser",
        method="PATCH",
    )


def _fragment(activation: Activation, row: Row) -> bytes | Rejection:
    """A hash is made in the warehouse, so that no clear value leaves it."""
    value = identifier_value(activation, row)
    if isinstance(value, Rejection):
        return value
    name = identifier_of(activation)
    if name in HASHED and not _HASH.fullmatch(value):
        words = "is no SHA-256 in 64 small hexadecimal digits: hash it in the model with"
        reason = f"`{name}` {words} tailrace.{HASHED[name]}"
        return Rejection(code="TAILRACE_NOT_HASHED", reason=reason)
    return json.dumps(value).encode()


def _verdict(activation: Activation, reply: Reply, rows: Sequence[Row]) -> Verdict:
    """A count of invalid identifiers and a sample; where that is not all, the page is halved."""
    body = answered(reply.body) or {}
    problems = [each for each in body.get("errors") or () if isinstance(each, dict)]
    if reply.status != OK or problems:
        return Split(rejection=_refusal(reply, problems))
    told = (body.get("data") or {}).get("attributes") or {}
    invalid = told.get("nbInvalidIdentifiers")
    if not isinstance(invalid, int) or invalid > len(rows):
        return Unbelievable(reason="it does not count invalid identifiers")
    sample = set(map(str, told.get("sampleInvalidIdentifiers") or ()))
    refused = [
        at for at, row in enumerate(rows) if str(identifier_value(activation, row)) in sample
    ]
    why = Rejection(code="INVALID_IDENTIFIER", reason="Criteo calls this identifier invalid")
    if invalid == len(rows):
        refused = list(range(len(rows)))
    elif invalid > len(refused):
        return Split(rejection=why)
    return Settled(rejections=dict.fromkeys(refused, why))


def _refusal(reply: Reply, problems: Sequence[Mapping[str, Any]]) -> Rejection:
    first = problems[0] if problems else {}
    words = first.get("detail") or first.get("title")
    return Rejection(
        code=str(first.get("code") or f"HTTP_{reply.status}"),
        reason=str(words or f"Criteo answered {reply.status} without a message"),
    )


def _explain(reply: Reply, connection: Connection) -> str | None:
    refused = "refuses this app: it needs rights on audiences, and an advertiser that agreed to it"
    return obstacle(reply, connection, "Criteo", {FORBIDDEN: refused})


CONTACT_LIST = Service(
    name="criteo.contact_list",
    description="Who is in a contact list, by hashed e-mail address or phone number, or by ids of "
    "devices.",
    kind="membership",
    sync_modes={"membership": "Whoever is in the model is in the list."},
    identifiers={
        "email": "SHA-256 of the trimmed address in small letters",
        "phoneNumber": "SHA-256 of the number",
        "madid": "the id of a mobile device",
        "identityLink": "LiveRamp's id",
        "gum": "Criteo's own id",
    },
    settings=(AUDIENCE_ID, GUM_CALLER),
    permissions=("an app with rights on audiences, and its client credentials",),
    leavers="They leave the list.",
    limits="50,000 identifiers a request, 250 requests a minute.",
    unconfirmed=(
        (
            "Which identifiers were invalid is told by a sample: where it does not name all, the "
            "page is halved until they stand alone."
        ),
    ),
    repeatable=True,
    mistakes=_mistakes,
    endpoint=_endpoint,
)
PLATFORM = Platform(
    name="criteo",
    title="Criteo",
    secrets=("client_id", "client_secret"),
    options=(VERSION, MAX_ROWS, RATE_LIMIT),
    headers=lambda _: {"Content-Type": "application/json"},
    login=Login(
        path="/oauth2/token",
        secrets=("client_id", "client_secret"),
        form=lambda connection: {
            "grant_type": "client_credentials",
            "client_id": connection.secrets["client_id"],
            "client_secret": connection.secrets["client_secret"],
        },
    ),
    wait_after_429=lambda reply: asked_wait(reply, "retry-after", "x-ratelimit-reset"),
    probe=lambda connection: Probe(
        method="POST",
        path=f"/{option(connection, VERSION)}/marketing-solutions/audience-segments/search?limit=1",
        body=b'{"data":{"type":"AudienceSegment","attributes":{}}}',
        explain=_explain,
    ),
    services=(CONTACT_LIST,),
)
