"""`braze.events` and `braze.purchases`: what users did, told once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from runner.destinations.braze import endpoints
from runner.destinations.braze.fields import IDENTIFIERS, MAX_NAME
from runner.destinations.braze.identity import alias_mistakes, identify, member
from runner.destinations.braze.settings import (
    ALIAS_LABEL,
    APP_ID,
    CHECK_VALUES,
    EVENT_NAME,
    MAX_STRING,
    UPDATE_EXISTING_ONLY,
    property_bytes,
)
from runner.destinations.braze.times import is_time
from runner.destinations.braze.values import size, wrong
from runner.destinations.common import jsontext
from runner.destinations.common.jsontext import Member
from runner.destinations.common.rows import payload_of
from runner.destinations.common.settings import flag, given, number
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

Check = Callable[[object], bool]
Rule = tuple[str, Check]
MODES: Mapping[SyncMode, str] = {"incremental": "Each event once, ever; nothing is taken back."}
MAX_QUANTITY = 100
CURRENCY_LETTERS = 3


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= MAX_NAME


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_quantity(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_QUANTITY


def _is_currency(value: object) -> bool:
    letters = isinstance(value, str) and value.isascii() and value.isalpha()
    return letters and len(str(value)) == CURRENCY_LETTERS


_TEXT: Rule = (f"must be text of 1 to {MAX_NAME} characters", _is_text)
_TIME: Rule = ("must be a time in ISO 8601", is_time)
EVENT_FIELDS: Mapping[str, Rule] = {"name": _TEXT, "time": _TIME}
PURCHASE_FIELDS: Mapping[str, Rule] = {
    "product_id": _TEXT,
    "currency": ("must be an ISO 4217 code of three letters", _is_currency),
    "price": ("must be a number", _is_number),
    "quantity": (f"must be a whole number from 1 to {MAX_QUANTITY}", _is_quantity),
    "time": _TIME,
}
_OWN_KEYS: Mapping[str, str] = {
    "event_name": "is reserved by Braze: give settings.event_name, or use another name",
    "app_id": "is a setting, not a property: give settings.app_id",
    "properties": "cannot be mapped as a whole: map each property by its name",
}


def _property_mistakes(activation: Activation, _: Connection) -> Iterator[str]:
    yield from alias_mistakes(activation)
    for name in activation.attributes:
        if name in _OWN_KEYS:
            yield f"attribute `{name}` {_OWN_KEYS[name]}"
        if name.startswith("$"):
            yield f"attribute `{name}` begins with a dollar sign, which Braze refuses: rename it"
        if not 1 <= len(name) <= MAX_NAME:
            yield f"a property name must have 1 to {MAX_NAME} characters: `{name[:40]}` has not"


def _event_mistakes(activation: Activation, connection: Connection) -> Iterator[str]:
    named = given(activation, EVENT_NAME) is not None
    if named and "name" in activation.attributes:
        yield (
            "the event's name is given twice: keep settings.event_name or the attribute `name`, "
            "and send a property of that name under another one"
        )
    if not named and "name" not in activation.attributes:
        yield "the event has no name: give settings.event_name, or map a column to `name`"
    yield from _property_mistakes(activation, connection)


def _fragment_of(
    fields: Mapping[str, Rule], required: tuple[str, ...], max_bytes: Setting
) -> Callable[[Activation, Row], bytes | Rejection]:
    """Make the `fragment` of an object with these fields, everything else being a property."""

    def fragment(activation: Activation, row: Row) -> bytes | Rejection:
        identity = identify(activation, row)
        if isinstance(identity, Rejection):
            return identity
        found = payload_of(row)
        if isinstance(found, Rejection):
            return found
        present = {name: each for name, each in found.items() if each.value is not None}
        own = {name: each for name, each in present.items() if name in fields}
        properties = {name: each for name, each in present.items() if name not in fields}
        for name in required:
            if name not in own and not (name == "name" and given(activation, EVENT_NAME)):
                return wrong("MISSING", name, "is required, and null or missing")
        if flag(activation, CHECK_VALUES):
            limits = number(activation, MAX_STRING), number(activation, max_bytes)
            rejection = _check_own(own, fields) or _check_properties(properties, *limits)
            if rejection:
                return rejection
        parts = [member(activation, identity), *_constants(activation), _members(own)]
        if properties:
            parts.append(f'"properties":{{{_members(properties)}}}')
        return jsontext.joined(parts).encode()

    return fragment


def _constants(activation: Activation) -> Iterator[str]:
    for key, setting in (("name", EVENT_NAME), ("app_id", APP_ID)):
        value = given(activation, setting)
        if value is not None:
            yield f'"{key}":{json.dumps(value)}'
    value = given(activation, UPDATE_EXISTING_ONLY)
    if value is not None:
        yield f'"_update_existing_only":{json.dumps(value)}'


def _members(found: Mapping[str, Member]) -> str:
    return ",".join(f"{jsontext.quoted(name)}:{each.text}" for name, each in found.items())


def _check_own(own: Mapping[str, Member], fields: Mapping[str, Rule]) -> Rejection | None:
    for name, each in own.items():
        rule, fits = fields[name]
        if not fits(each.value):
            return wrong("BAD_VALUE", name, rule)
    return None


def _check_properties(
    properties: Mapping[str, Member], max_string: int, max_bytes: int
) -> Rejection | None:
    for name, each in properties.items():
        if isinstance(each.value, str) and len(each.value) > max_string:
            return wrong("TOO_LONG", name, f"has more than {max_string} characters")
    values = {name: each.value for name, each in properties.items()}
    nested = any(isinstance(value, list | dict) for value in values.values())
    if nested and size(values) > max_bytes:
        return wrong("TOO_BIG", "properties", f"have more than {max_bytes} bytes as JSON")
    return None


def _to(
    array: str, fragment: Callable[[Activation, Row], bytes | Rejection]
) -> Callable[[Activation, Connection, Operation], Endpoint]:
    return lambda activation, connection, _: endpoints.track(
        connection, array, partial(fragment, activation)
    )


_COMMON = (ALIAS_LABEL, APP_ID, UPDATE_EXISTING_ONLY, CHECK_VALUES, MAX_STRING)
_EVENT_BYTES = property_bytes(100_000)
_EVENT_SETTINGS = (EVENT_NAME, *_COMMON, _EVENT_BYTES)
_PURCHASE_BYTES = property_bytes(50_000)
_PURCHASE_SETTINGS = (*_COMMON, _PURCHASE_BYTES)
_EVENT_REQUIRED = ("time",)
_PURCHASE_REQUIRED = ("product_id", "currency", "price", "time")
_LEAVERS = "Nothing: an event that happened is never taken back."
_LIMITS = (
    "75 objects and 3.5 MB a request, 3,000 requests in 3 s. A text has at most 255 characters"
)
_UNCONFIRMED = (
    (
        "What `_update_existing_only` does with user_alias: it is sent only if "
        "settings.update_existing_only is given."
    ),
    "Whether a profile is created for an unknown phone.",
)

EVENTS = Service(
    name="braze.events",
    description="Custom events. Attributes other than `time` and `name` become properties.",
    kind="event",
    sync_modes=MODES,
    identifiers=IDENTIFIERS,
    required_attributes=_EVENT_REQUIRED,
    settings=_EVENT_SETTINGS,
    permissions=("users.track",),
    leavers=_LEAVERS,
    limits=f"{_LIMITS}; properties with arrays or objects 100 KB.",
    unconfirmed=(*_UNCONFIRMED, "The length limit of event names: 255 is taken."),
    repeatable=False,
    mistakes=_event_mistakes,
    endpoint=_to("events", _fragment_of(EVENT_FIELDS, ("name", "time"), _EVENT_BYTES)),
)

PURCHASES = Service(
    name="braze.purchases",
    description="Purchases: `product_id`, `currency`, `price`, `time`, `quantity`; other "
    "attributes become properties. Braze marks purchases as deprecated: "
    "prefer events for new work.",
    kind="event",
    sync_modes=MODES,
    identifiers=IDENTIFIERS,
    required_attributes=_PURCHASE_REQUIRED,
    settings=_PURCHASE_SETTINGS,
    permissions=("users.track",),
    leavers=_LEAVERS,
    limits=f"{_LIMITS}, a quantity is 1 to 100; properties with arrays or objects 50 KB.",
    unconfirmed=(*_UNCONFIRMED, "When purchases will end: the notice names no date."),
    repeatable=False,
    mistakes=_property_mistakes,
    endpoint=_to("purchases", _fragment_of(PURCHASE_FIELDS, _PURCHASE_REQUIRED, _PURCHASE_BYTES)),
)
