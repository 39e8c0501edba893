"""The bulk call of the Custom Data API, without HTTP: one bad row refuses all (contract, 1, U6)."""

from __future__ import annotations

from collections.abc import Mapping

from runner.sandbox.batch.state import RequestRefusedError, State
from runner.sandbox.batch.values import contact_mistake
from runner.sandbox.sandbox import Refusals

MOST = 10_000


def write_contacts(
    state: State, app_key: str, body: object, refusals: Refusals, *, store: bool
) -> None:
    """Merge the custom data of an app's users. Raises RequestRefusedError."""
    if not isinstance(body, list) or not 0 < len(body) <= MOST:
        raise RequestRefusedError(f"the body must be an array of 1 to {MOST} users")
    updates = [_checked(place, item, refusals) for place, item in enumerate(body)]
    if len({name for name, _ in updates}) < len(updates):
        raise RequestRefusedError("a user stands twice in the array")
    held = state.apps[app_key]
    for name, values in updates:
        if not store or name in refusals.dropped:
            state.outcomes["dropped"] += 1
            continue
        state.outcomes["accepted"] += 1
        data = held.setdefault(name, {})
        for key, value in values.items():
            if value is None:
                data.pop(key, None)
            else:
                data[key] = value


def _checked(place: int, item: object, refusals: Refusals) -> tuple[str, Mapping[str, object]]:
    if not isinstance(item, Mapping) or set(item) != {"id", "update"}:
        raise RequestRefusedError(f"user {place} must have id and update")
    name, update = item["id"], item["update"]
    if not isinstance(name, str) or not name:
        raise RequestRefusedError(f"id of user {place} must be a text")
    if not isinstance(update, Mapping) or set(update) != {"overwrite", "values"}:
        raise RequestRefusedError(f"update of user {place} must have overwrite and values")
    values = update["values"]
    if update["overwrite"] is not False or not isinstance(values, Mapping):
        raise RequestRefusedError(f"update of user {place} must merge an object")
    for key, value in values.items():
        if mistake := contact_mistake(key, value):
            raise RequestRefusedError(f"{key} of user {place} {mistake}")
    if name in refusals.codes:
        raise RequestRefusedError(refusals.codes[name])
    return name, values
