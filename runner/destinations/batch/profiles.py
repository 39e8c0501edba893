"""`batch.profiles`: attributes of profiles, created where they are missing (Profile API, CEP)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial

from runner.destinations.batch import names, values
from runner.destinations.batch.settings import PROJECT_KEY, profiles
from runner.destinations.common import jsontext, times
from runner.destinations.common.jsontext import Member
from runner.destinations.common.rows import identifier_value, payload_of
from runner.destinations.common.settings import given, one_of
from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Operation,
    Rejection,
    Row,
    Service,
    Setting,
    SyncMode,
)

MAX_TEXT = 300
MAX_ATTRIBUTES = 50
MAX_IDENTIFIER = 512
CALL = Setting(
    name="call",
    description="update: 200 profiles a request, quickly seen. mass_update: 10,000 a request, for "
    "dumps once or twice a day; slower to complete.",
    default="update",
    check=one_of("update", "mass_update"),
)
_NO_CHOICE = "Batch creates a profile for every Custom ID it does not know, and has no call that"
REFUSED_MODES: Mapping[SyncMode, str] = {
    "insert": f"{_NO_CHOICE} leaves a known profile as it is: use upsert",
    "update": f"{_NO_CHOICE} does not: use upsert, with a model of people whom Batch knows",
}


def _mistakes(activation: Activation, _: Connection) -> Iterator[str]:
    for name in activation.attributes:
        mistake = names.mistake(name, values.NATIVE)
        if mistake:
            yield mistake
    if len(activation.attributes) > MAX_ATTRIBUTES:
        yield f"Batch keeps {MAX_ATTRIBUTES} attributes a profile: map fewer"
    if activation.sync_mode == "mirror" and activation.on_leave == "delete":
        yield (
            "Batch deletes profiles by privacy requests alone, not through its Profile API: give "
            "on_leave: unset, which empties these attributes, or ignore"
        )


def _endpoint(activation: Activation, connection: Connection, _: Operation) -> Endpoint:
    mass = given(activation, CALL) == "mass_update"
    return profiles(connection, partial(_fragment, activation), mass=mass)


def _fragment(activation: Activation, row: Row) -> bytes | Rejection:
    person = identified(activation, row)
    if isinstance(person, Rejection):
        return person
    found = payload_of(row)
    if isinstance(found, Rejection):
        return found
    attributes = rendered(found)
    if isinstance(attributes, Rejection):
        return attributes
    return jsontext.joined([person, f'"attributes":{attributes}']).encode()


def identified(activation: Activation, row: Row) -> str | Rejection:
    """The member of an edit that says whose it is."""
    identifier = identifier_value(activation, row)
    if isinstance(identifier, Rejection):
        return identifier
    if len(identifier) > MAX_IDENTIFIER:
        return values.wrong("TOO_LONG", "custom_id", f"has more than {MAX_IDENTIFIER} characters")
    return f'"identifiers":{{"custom_id":{json.dumps(identifier)}}}'


def rendered(found: Mapping[str, Member], *, objects: bool = False) -> str | Rejection:
    """The attributes of a profile, or of an event, which may hold objects, as a JSON object."""
    parts = []
    for name, member in found.items():
        text = _value(name, member, objects=objects)
        if isinstance(text, Rejection):
            return text
        parts.append(f"{json.dumps(name)}:{text}")
    return jsontext.joined(parts)


def _value(name: str, member: Member, *, objects: bool) -> str | Rejection:
    value, found = member.value, names.parsed(name)
    refused: Rejection | None = None
    if value is None:
        return "null"
    if found and found.wrapper == "date":
        moment = times.moment(value)
        if moment is None:
            return values.wrong("BAD_VALUE", name, "must be a date or time in ISO 8601")
        return json.dumps(f"{moment:%Y-%m-%dT%H:%M:%SZ}")
    if isinstance(value, str):
        longest = values.MAX_URL if found and found.wrapper == "url" else MAX_TEXT
        refused = values.check_text(name, value, longest)
    elif isinstance(value, dict) and not objects and not _is_edit(value):
        words = "is an object, which Batch does not take; arrays may be edited by $add and $remove"
        refused = values.wrong("BAD_VALUE", name, words)
    elif isinstance(value, list) and not objects:
        refused = values.check_items(name, value, MAX_TEXT)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        refused = values.check_number(name, value)
    return refused or member.text


def _is_edit(value: Mapping[str, object]) -> bool:
    lists = all(isinstance(items, list) for items in value.values())
    return bool(value) and set(value) <= {"$add", "$remove"} and lists


PROFILES = Service(
    name="batch.profiles",
    description="Attributes of profiles, which are created where they are missing (Customer "
    "Engagement Platform). An attribute is called `name`, `date(name)` for a date or time, "
    "`url(name)`, or one of Batch's own such as `$email_address`.",
    kind="record",
    sync_modes={
        "upsert": "Creates profiles or changes them.",
        "mirror": "As upsert; who leaves is emptied or left alone, by `on_leave` (not delete).",
    },
    refused_modes=REFUSED_MODES,
    identifiers={"custom_id": "your own id of the person, at most 512 characters"},
    settings=(CALL,),
    permissions=("a REST key of the company, with the key of the project",),
    leavers="Mirror only: `unset` makes the attributes of this activation null, `ignore` does "
    "nothing; profiles cannot be deleted.",
    limits="update: 200 profiles a request, 300 profiles a second; mass_update: 10,000 a request "
    "and a second. 5 MB a request. A text has 1 to 300 characters, a name 1 to 30, an array 25 "
    "texts, a profile 50 attributes.",
    unconfirmed=(
        "The size of a body: 5 MB (option max_bytes).",
        (
            "The kinds of partial errors: a row of which an attribute was refused counts as "
            "rejected, though the rest of it was taken, and is sent whole again."
        ),
        "What happens where an attribute changes its type.",
        "The form of `$topic_preferences`: it is sent as it is.",
    ),
    repeatable=True,
    endpoint=_endpoint,
    required_options=(PROJECT_KEY,),
    mistakes=_mistakes,
)
