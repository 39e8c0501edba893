"""`batch.events`: what people did in the last 24 hours (Profile API, CEP)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from runner.destinations.batch import names, values
from runner.destinations.batch.profiles import identified, rendered
from runner.destinations.batch.settings import PROJECT_KEY, profiles
from runner.destinations.common import jsontext, times
from runner.destinations.common.rows import payload_of
from runner.destinations.common.settings import given
from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Operation,
    Rejection,
    Row,
    Service,
    Setting,
)

_LETTERS = re.compile(r"[a-z0-9_]{1,30}")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _LETTERS.fullmatch(value) is not None


EVENT_NAME = Setting(
    name="event_name",
    description="The name of every event; left out, the attribute `name` gives it.",
    check=("1 to 30 of a-z, 0-9 and _", _is_name),
)
_OWN = frozenset({"name", "time", "$label", "$tags"})


def _mistakes(activation: Activation, _: Connection) -> Iterator[str]:
    named = given(activation, EVENT_NAME) is not None
    if named == ("name" in activation.attributes):
        yield "the event's name is needed once: by settings.event_name, or by the attribute `name`"
    for name in activation.attributes:
        mistake = names.mistake(name, _OWN)
        if mistake:
            yield mistake


def _endpoint(activation: Activation, connection: Connection, _: Operation) -> Endpoint:
    return profiles(connection, partial(_fragment, activation), mass=False)


def _fragment(activation: Activation, row: Row) -> bytes | Rejection:
    person = identified(activation, row)
    if isinstance(person, Rejection):
        return person
    found = payload_of(row)
    if isinstance(found, Rejection):
        return found
    own = {name: found.pop(name).value for name in ("name", "time") if name in found}
    name = given(activation, EVENT_NAME) or own.get("name")
    if not _is_name(name):
        return values.wrong("BAD_VALUE", "name", "must be 1 to 30 of a-z, 0-9 and _")
    moment = times.moment(own.get("time"))
    if moment is None:
        return values.wrong("BAD_VALUE", "time", "must be a date or time in ISO 8601")
    present = {key: member for key, member in found.items() if member.value is not None}
    attributes = rendered(present, objects=True)
    if isinstance(attributes, Rejection):
        return attributes
    event = [
        f'"name":"{name}"',
        f'"time":"{moment:%Y-%m-%dT%H:%M:%SZ}"',
        f'"attributes":{attributes}',
    ]
    return jsontext.joined([person, f'"events":[{jsontext.joined(event)}]']).encode()


EVENTS = Service(
    name="batch.events",
    description="Events of the last 24 hours, on profiles that are created where they are missing. "
    "Attributes other than `time` and `name` become the event's; `$label` and `$tags` are Batch's.",
    kind="event",
    sync_modes={"incremental": "Each event once, ever; nothing is taken back."},
    identifiers={"custom_id": "your own id of the person, at most 512 characters"},
    required_attributes=("time",),
    settings=(EVENT_NAME,),
    permissions=("a REST key of the company, with the key of the project",),
    leavers="Nothing: an event that happened is never taken back.",
    limits="200 events a request, no two of the same person in one; 300 a second. An event is at "
    "most 24 hours old when it is sent, so the activation needs `max_age`. A text has 1 to 300 "
    "characters, a name 1 to 30.",
    unconfirmed=(
        "The limits of `$label` and `$tags`: they are sent as they are.",
        (
            "An event that is too old, or in the future: it is sent, and refused with Batch's own "
            "words."
        ),
    ),
    repeatable=False,
    max_age=24 * 3600,
    endpoint=_endpoint,
    required_options=(PROJECT_KEY,),
    mistakes=_mistakes,
)
