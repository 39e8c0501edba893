"""POST /users/track without HTTP: checking, counting and storing (Braze contract, section 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from runner.sandbox.braze.attributes import store_attributes
from runner.sandbox.braze.fields import field_errors
from runner.sandbox.braze.identity import Address, InvalidObjectError, address, create, find
from runner.sandbox.braze.occurrences import (
    event_errors,
    purchase_errors,
    store_event,
    store_purchase,
)
from runner.sandbox.braze.state import ARRAYS, Profile, RequestRefusedError, State
from runner.sandbox.sandbox import Refusals

TOO_MANY = "Max Input Length Exceeded"
NOTHING_VALID = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields."

Object = Mapping[str, object]
_STORES: Mapping[str, Callable[[State, Profile, Object], None]] = {
    "attributes": store_attributes,
    "events": store_event,
    "purchases": store_purchase,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEntry:
    """One entry of `errors`: the reason and the place in the array of this request."""

    type: str
    input_array: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackResult:
    """Accepted objects per array (only arrays with some), and the refusals."""

    accepted: Mapping[str, int]
    errors: tuple[ErrorEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Accepted:
    array: str
    thing: Object
    where: Address | None


def track(
    state: State, body: object, *, refusals: Refusals | None = None, store: bool = True
) -> TrackResult:
    """Check every object, store the good ones in the order attributes, events, purchases.

    With `store=False` everything is checked and nothing kept. Raises RequestRefusedError.
    """
    refusals = refusals or Refusals()
    accepted: list[_Accepted] = []
    errors: list[ErrorEntry] = []
    for array, items in _arrays(state, body).items():
        for index, thing in enumerate(items):
            outcome = _checked(state, array, thing, refusals)
            state.objects[array, "received"] += 1
            if isinstance(outcome, _Accepted):
                state.objects[array, "accepted"] += 1
                accepted.append(outcome)
                continue
            state.objects[array, "refused"] += 1
            errors += (ErrorEntry(type=text, input_array=array, index=index) for text in outcome)
    for item in accepted:
        if store and not _is_dropped(item, refusals):
            _store(state, item)
        else:
            state.objects[item.array, "dropped"] += 1
    counts = {array: sum(item.array == array for item in accepted) for array in ARRAYS}
    return TrackResult(
        accepted={array: count for array, count in counts.items() if count},
        errors=tuple(errors),
    )


def _arrays(state: State, body: object) -> dict[str, list[object]]:
    if not isinstance(body, dict):
        raise RequestRefusedError(NOTHING_VALID)
    arrays: dict[str, list[object]] = {}
    for name in ARRAYS:
        items = body.get(name)
        if items is not None and not isinstance(items, list):
            raise RequestRefusedError(f"'{name}' must be an array of objects")
        arrays[name] = items or []
    total = sum(map(len, arrays.values()))
    if total > state.rules.objects:
        raise RequestRefusedError(TOO_MANY)
    if total == 0:
        raise RequestRefusedError(NOTHING_VALID)
    return arrays


def _checked(state: State, array: str, thing: object, refusals: Refusals) -> _Accepted | list[str]:
    if not isinstance(thing, dict):
        return [f"'{array}' must be an array of objects"]
    anonymous = array == "attributes" and thing.get("push_token_import") is True
    where = None
    errors: list[str] = []
    try:
        where = None if anonymous else address(thing)
    except InvalidObjectError as error:
        errors.append(str(error))
    # An email that is the identifier is reported once, not again as a field.
    errors += (text for text in _other_errors(state, array, thing) if text not in errors)
    chosen = thing.get("external_id")
    if isinstance(chosen, str) and chosen in refusals.codes:
        errors.append(refusals.codes[chosen])
    return errors or _Accepted(array=array, thing=thing, where=where)


def _other_errors(state: State, array: str, thing: Object) -> Iterator[str]:
    if array == "attributes":
        return field_errors(thing, state.rules)
    return event_errors(thing) if array == "events" else purchase_errors(thing)


def _is_dropped(item: _Accepted, refusals: Refusals) -> bool:
    where = item.where
    return where is not None and where.kind == "external_id" and where.value in refusals.dropped


def _store(state: State, item: _Accepted) -> None:
    profile = find(state, item.where) if item.where else state.create()
    is_new = profile is None
    if profile is None:
        if item.where is None or not item.where.creates:
            state.objects[item.array, "ignored"] += 1
            return
        profile = create(state, item.where)
    _STORES[item.array](state, profile, item.thing)
    if is_new:
        state.inherit(profile)
