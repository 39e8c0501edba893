"""`batch.contacts`: attributes of the people an app knows (Custom Data API, MEP)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial

from runner.destinations.batch import names, values
from runner.destinations.batch.settings import APP_KEYS, contacts
from runner.destinations.common import jsontext, times
from runner.destinations.common.jsontext import Member
from runner.destinations.common.rows import identifier_value, payload_of
from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Operation,
    Rejection,
    Row,
    Service,
    SyncMode,
)

MAX_TEXT = 64
MAX_ATTRIBUTES = 50
_WHY = "the Custom Data API creates nobody and cannot tell who is known"
REFUSED_MODES: Mapping[SyncMode, str] = {
    "insert": f"{_WHY}: use update",
    "upsert": f"{_WHY}: use update, or batch.profiles to create profiles",
    "mirror": "the Custom Data API can only drop all that was ever written of a person, also by "
    "other tools: use update",
}


def _mistakes(activation: Activation, _: Connection) -> Iterator[str]:
    for name in activation.attributes:
        found = names.parsed(name)
        if found and found.wrapper == "url":
            yield f"`{name}`: only batch.profiles knows url(...); send it as text"
        mistake = names.mistake(name)
        if mistake:
            yield mistake
    if len(activation.attributes) > MAX_ATTRIBUTES:
        yield f"Batch keeps about {MAX_ATTRIBUTES} attributes a person: map fewer"


def _endpoint(activation: Activation, connection: Connection, _: Operation) -> Endpoint:
    return contacts(connection, partial(_fragment, activation))


def _fragment(activation: Activation, row: Row) -> bytes | Rejection:
    identifier = identifier_value(activation, row)
    if isinstance(identifier, Rejection):
        return identifier
    found = payload_of(row)
    if isinstance(found, Rejection):
        return found
    parts = []
    for name, member in found.items():
        rendered = _member(name, member)
        if isinstance(rendered, Rejection):
            return rendered
        parts.append(rendered)
    update = f'{{"overwrite":false,"values":{jsontext.joined(parts)}}}'
    return jsontext.joined([f'"id":{json.dumps(identifier)}', f'"update":{update}']).encode()


def _member(name: str, member: Member) -> str | Rejection:
    """An attribute under the key that says its type; null removes it."""
    found, value, text = names.parsed(name), member.value, member.text
    wrapper, plain = found or names.Name("", name)
    key = f"u.{plain}"
    if wrapper == "date":
        key = f"date(u.{plain})"
        moment = times.moment(value)
        if value is not None and moment is None:
            return values.wrong("BAD_VALUE", name, "must be a date or time in ISO 8601")
        # Read as UTC; no offset is allowed.
        text = json.dumps(f"{moment:%Y-%m-%dT%H:%M:%S}") if moment else "null"
    elif isinstance(value, list):
        key = f"ut.{plain}"
        refused = values.check_items(name, value, MAX_TEXT)
        if refused:
            return refused
    elif isinstance(value, dict):
        return values.wrong("BAD_VALUE", name, "is an object, which Batch does not take")
    elif isinstance(value, str):
        refused = values.check_text(name, value, MAX_TEXT)
        if refused:
            return refused
    elif isinstance(value, int | float) and not isinstance(value, bool):
        refused = values.check_number(name, value)
        if refused:
            return refused
    return f"{json.dumps(key)}:{text}"


CONTACTS = Service(
    name="batch.contacts",
    description="Attributes of people whom an app knows by their Custom ID (Mobile Engagement "
    "Platform). An attribute is called `name`, or `date(name)` where its value is a date or time; "
    "an array of texts becomes a tag collection.",
    kind="record",
    sync_modes={
        "update": "Sets what changed for people whom an app knows; of others nothing is seen."
    },
    refused_modes=REFUSED_MODES,
    identifiers={"custom_id": "the Custom ID that the app sets"},
    permissions=("a REST key of the company, on a plan with the Custom Data API",),
    leavers="Nothing: their attributes stay.",
    limits="10,000 people and 5 MB a request, one request a second, to each app. A text or tag has "
    "1 to 64 characters, a name 1 to 30, a tag collection 25 tags.",
    unconfirmed=(
        "The rate limit: one request a second (option contacts_rate_limit).",
        "Which 2xx status means success, and its body: any, unread.",
        "Whether one bad row refuses the whole request: it is halved until that row stands alone.",
        (
            "What happens to a Custom ID that no app knows: it is taken and shows nowhere, so rows "
            "are acknowledged, not matched."
        ),
        "The limit of 50 attributes a person.",
        "The limits of text and tags are those of the apps' own library.",
    ),
    repeatable=True,
    endpoint=_endpoint,
    required_options=(APP_KEYS,),
    mistakes=_mistakes,
)
