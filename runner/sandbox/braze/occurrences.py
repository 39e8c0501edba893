"""Events and purchases: checking and storing (Braze contract, sections 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from runner.sandbox.braze.codes import CURRENCIES
from runner.sandbox.braze.state import Profile, State
from runner.sandbox.braze.times import parse_time
from runner.sandbox.jsontext import dumps, size

TEXT = 255
NESTED_BYTES = 100_000
MAX_QUANTITY = 100
RESERVED = ("time", "event_name")


def event_errors(thing: Mapping[str, object]) -> Iterator[str]:
    """Every reason to refuse an event, its identifier apart."""
    yield from _text_errors(thing, "name")
    yield from _common_errors(thing)


def purchase_errors(thing: Mapping[str, object]) -> Iterator[str]:
    """Every reason to refuse a purchase, its identifier apart."""
    yield from _text_errors(thing, "product_id")
    if thing.get("currency") is None:
        yield "'currency' is required"
    elif str(thing["currency"]) not in CURRENCIES:
        yield "'currency' is not valid"
    price = thing.get("price")
    if price is None:
        yield "'price' is required"
    elif isinstance(price, bool) or not isinstance(price, int | Decimal):
        yield "'price' is not valid"
    quantity = thing.get("quantity", 1)
    counted = isinstance(quantity, int) and not isinstance(quantity, bool)
    if not counted or not 1 <= int(str(quantity)) <= MAX_QUANTITY:
        yield "'quantity' is not valid"
    yield from _common_errors(thing)


def store_event(state: State, profile: Profile, thing: Mapping[str, object]) -> None:
    """Append an event; an equal one stored before makes no difference."""
    event: dict[str, object] = {"name": thing["name"], "time": _not_future(state, thing["time"])}
    profile.events.append(event | _extras(state, thing))
    state.touch(profile)


def store_purchase(state: State, profile: Profile, thing: Mapping[str, object]) -> None:
    """Append a purchase; an equal one stored before makes no difference."""
    purchase: dict[str, object] = {
        "product_id": thing["product_id"],
        "currency": thing["currency"],
        "price": thing["price"],
        "quantity": thing.get("quantity", 1),
        "time": thing["time"],
    }
    profile.purchases.append(purchase | _extras(state, thing))
    state.touch(profile)


def _text_errors(thing: Mapping[str, object], key: str) -> Iterator[str]:
    value = thing.get(key)
    if value is None:
        yield f"'{key}' is required"
    elif not isinstance(value, str) or not 0 < len(value) <= TEXT:
        yield f"'{key}' is not valid"


def _common_errors(thing: Mapping[str, object]) -> Iterator[str]:
    if thing.get("time") is None:
        yield "'time' is required"
    elif parse_time(thing["time"]) is None:
        yield "'time' is not valid"
    if not isinstance(thing.get("app_id", ""), str):
        yield "'app_id' is not valid"
    properties = thing.get("properties")
    if properties is None:
        return
    if not isinstance(properties, dict):
        yield "'properties' is not valid"
        return
    for name in properties:
        if name in RESERVED:
            yield f"'{name}' is a reserved property name"
        elif not 0 < len(name) <= TEXT or name.startswith("$"):
            yield "'properties' has a name that is not valid"
    nested = any(isinstance(value, dict | list) for value in properties.values())
    if nested and size(dumps(properties)) > NESTED_BYTES:
        yield "'properties' is too large"


def _not_future(state: State, time: object) -> object:
    moment, now = parse_time(time), datetime.fromtimestamp(state.clock(), UTC)
    return now.isoformat().replace("+00:00", "Z") if moment and moment > now else time


def _extras(state: State, thing: Mapping[str, object]) -> dict[str, object]:
    extras: dict[str, object] = {}
    if "app_id" in thing:
        extras["app_id"] = thing["app_id"]
    properties = thing.get("properties")
    if isinstance(properties, dict):
        kept: dict[str, object] = {}
        for name, value in properties.items():
            if isinstance(value, str) and len(value) > TEXT:
                state.dropped["property text too long"] += 1
            elif value is not None:
                kept[name] = value
        extras["properties"] = kept
    return extras
