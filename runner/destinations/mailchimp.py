"""Mailchimp: members of an audience, one by one (contract of other platforms, section 5)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from urllib.parse import quote

from runner.destinations.access import Probe
from runner.destinations.common import jsontext
from runner.destinations.common.explaining import obstacle
from runner.destinations.common.jsontext import answered
from runner.destinations.common.rows import identifier_value, payload_of
from runner.destinations.common.settings import OPTION_RATE, given, one_of, rate, text
from runner.destinations.common.waiting import asked_wait
from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Operation,
    Platform,
    Preparation,
    Rejection,
    Reply,
    Row,
    Service,
    Setting,
    Settled,
    SyncMode,
    Target,
    Unbelievable,
    Verdict,
)
from runner.errors import ConfigurationError, UnavailableError
from runner.hints import nearest

__all__ = ["PLATFORM"]

SUCCESS = range(200, 300)
UNAUTHORIZED = 401
MAX_BYTES = 1_000_000
_NAME = re.compile(r"[A-Z0-9_]{1,10}")
RATE_LIMIT = Setting(
    name="rate_limit",
    description="Requests in any window of so many seconds. Mailchimp serves 10 at a time: "
    "concurrency bounds those of this connection.",
    default={"requests": 10, "seconds": 1},
    check=OPTION_RATE,
)
LIST_ID = Setting(
    name="list_id", description="The id of the audience.", required=True, check=text(50)
)
STATUS = Setting(
    name="status_if_new",
    description="What a new member's consent is; a known one's is never changed.",
    required=True,
    check=one_of("subscribed", "pending", "unsubscribed", "transactional"),
)
_ONE = "Mailchimp's call creates or changes, whichever is due: use upsert"
REFUSED_MODES: Mapping[SyncMode, str] = {
    "insert": _ONE,
    "update": _ONE,
    "mirror": "a member that is deleted for good can never be added again: use upsert, and a "
    "merge field that says who belongs",
}


def _mistakes(activation: Activation, _: Connection) -> Iterator[str]:
    for name in activation.attributes:
        if not _NAME.fullmatch(name):
            yield f"`{name}` is no merge field: its tag has 1 to 10 capitals, digits or _ (FNAME)"


def _list(activation: Activation) -> str:
    return f"/3.0/lists/{quote(str(given(activation, LIST_ID)), safe='')}"


def _prepared(activation: Activation, _: Connection) -> Preparation:
    """Hold the mapping against the audience's merge fields. Raises ConfigurationError."""
    reply = yield Target(path=f"{_list(activation)}/merge-fields?count=1000", method="GET")
    fields = (answered(reply.body) or {}).get("merge_fields") if reply else []
    if not isinstance(fields, list):
        raise UnavailableError("Mailchimp names no merge fields.", cause="nonsense")
    tags = {str(each.get("tag")) for each in fields if isinstance(each, dict)}
    for name in activation.attributes:
        if reply and name not in tags:
            raise ConfigurationError(
                f"`{name}` is no merge field of this audience: {nearest(name, tags)} Correct the "
                "mapping, or make the field in Mailchimp first."
            )
    return activation


def _endpoint(activation: Activation, connection: Connection, _: Operation) -> Endpoint:
    return Endpoint(
        route=partial(_member, activation),
        fragment=partial(_fragment, activation),
        verdict=_verdict,
        max_rows=1,
        max_bytes=MAX_BYTES,
        rate=rate(connection, RATE_LIMIT, "members"),
        permission="changing members",
        method="PUT",
    )


def _member(activation: Activation, row: Row) -> Target:
    """A member's place is the MD5 of the address in small letters."""
    email = identifier_value(activation, row)
    # One that is refused goes nowhere, and its fragment says why.
    known = "" if isinstance(email, Rejection) else email
    digest = hashlib.md5(known.lower().encode(), usedforsecurity=False).hexdigest()
    place = f"{_list(activation)}/members"
    return Target(path=f"{place}/{digest}", shown=f"{place}/{{hash}}", opening=b"{", closing=b"}")


def _fragment(activation: Activation, row: Row) -> bytes | Rejection:
    email, found = identifier_value(activation, row), payload_of(row)
    if isinstance(email, Rejection):
        return email
    if isinstance(found, Rejection):
        return found
    fields = []
    for name, member in found.items():
        if isinstance(member.value, bool | dict | list):
            words = f"`{name}` must be text or a number, as merge fields are"
            return Rejection(code="TAILRACE_BAD_VALUE", reason=words)
        # A merge field is cleared by an empty text.
        written = '""' if member.value is None else member.text
        fields.append(f"{json.dumps(name)}:{written}")
    parts = [
        f'"email_address":{json.dumps(email)}',
        f'"status_if_new":{json.dumps(given(activation, STATUS))}',
        f'"merge_fields":{jsontext.joined(fields)}' if fields else "",
    ]
    return ",".join(part for part in parts if part).encode()


def _verdict(reply: Reply, _: Sequence[Row]) -> Verdict:
    body = answered(reply.body)
    if reply.status in SUCCESS:
        known = body is not None and "email_address" in body
        return Settled(rejections={}) if known else Unbelievable(reason="it is no member")
    told = body or {}
    errors = [each for each in told.get("errors") or () if isinstance(each, dict)]
    more = "".join(f"; {each.get('field')}: {each.get('message')}" for each in errors)
    words = told.get("detail") or f"Mailchimp answered {reply.status} without a message"
    code = str(told.get("title") or f"HTTP_{reply.status}")
    return Settled(rejections={0: Rejection(code=code, reason=f"{words}{more}")})


def _headers(connection: Connection) -> Mapping[str, str]:
    pair = base64.b64encode(f"any:{connection.secrets['api_key']}".encode()).decode()
    return {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}


def _explain(reply: Reply, connection: Connection) -> str | None:
    refused = "does not accept this key: its end (-us21) names the host"
    return obstacle(reply, connection, "Mailchimp", {UNAUTHORIZED: refused})


MEMBERS = Service(
    name="mailchimp.members",
    description="Members of an audience with their merge fields, called by their tags.",
    kind="record",
    sync_modes={"upsert": "Adds members or changes what changed; a known one's consent stays."},
    refused_modes=REFUSED_MODES,
    identifiers={"email": "the address; case does not matter"},
    settings=(LIST_ID, STATUS),
    permissions=("an API key of the account",),
    leavers="Nothing: they stay members.",
    limits="One member a request, 10 requests at a time.",
    unconfirmed=("A merge field is cleared by an empty text.",),
    repeatable=True,
    mistakes=_mistakes,
    prepared=_prepared,
    endpoint=_endpoint,
)
PLATFORM = Platform(
    name="mailchimp",
    title="Mailchimp",
    secrets=("api_key",),
    options=(RATE_LIMIT,),
    headers=_headers,
    wait_after_429=lambda reply: asked_wait(reply, "retry-after"),
    probe=lambda _: Probe(method="GET", path="/3.0/ping", body=b"", explain=_explain),
    services=(MEMBERS,),
)
