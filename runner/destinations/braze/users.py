"""`braze.users`: attributes of user profiles, and their deletion."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from runner.destinations.braze import endpoints
from runner.destinations.braze.fields import IDENTIFIERS, name_mistake
from runner.destinations.braze.identity import (
    DELETE_KINDS,
    alias_mistakes,
    delete_item,
    identify,
    member,
)
from runner.destinations.braze.settings import (
    ALIAS_LABEL,
    CHECK_VALUES,
    EXPLICIT_CREATE,
    MAX_ITEMS,
    MAX_NESTED,
    MAX_STRING,
    MERGE_OBJECTS,
    PRIORITIZATION,
    REFUSED_MODES,
)
from runner.destinations.braze.usual import usual_row
from runner.destinations.braze.values import Limits, check_attributes
from runner.destinations.common import jsontext
from runner.destinations.common.rows import identifier_of
from runner.destinations.common.settings import flag, given
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

SECONDARY = ("email", "phone")
MODES: Mapping[SyncMode, str] = {
    "update": "Changes profiles that Braze knows and creates none (`_update_existing_only: true`).",
    "upsert": "Creates or changes profiles; a braze_id never creates one.",
    "mirror": "As upsert; who leaves the model is deleted, emptied or left alone, by `on_leave`.",
}
SETTINGS = (
    ALIAS_LABEL,
    MERGE_OBJECTS,
    EXPLICIT_CREATE,
    PRIORITIZATION,
    CHECK_VALUES,
    MAX_STRING,
    MAX_ITEMS,
    MAX_NESTED,
)


def _mistakes(activation: Activation, _: Connection) -> Iterator[str]:
    yield from alias_mistakes(activation)
    identifier = identifier_of(activation)
    for name in activation.attributes:
        mistake = name_mistake(name)
        if mistake:
            yield mistake
        if name == identifier:
            yield f"`{name}` is mapped both as identifier and as attribute: leave the attribute out"
    if identifier == "phone" and "email" in activation.attributes:
        yield (
            "with the identifier phone the attribute `email` would become the identifier instead: "
            "leave it out, or use another identifier"
        )
    if _deletes(activation) and identifier in SECONDARY and not given(activation, PRIORITIZATION):
        yield (
            f"deleting by {identifier} needs settings.prioritization, which says whose profile is "
            "deleted when several share it, for example [identified, most_recently_updated]"
        )


def _deletes(activation: Activation) -> bool:
    return activation.sync_mode == "mirror" and activation.on_leave == "delete"


def _endpoint(activation: Activation, connection: Connection, operation: Operation) -> Endpoint:
    if operation == "delete" and _deletes(activation):
        kind = DELETE_KINDS[identifier_of(activation)]
        return endpoints.delete(connection, kind, partial(_deleted, activation))
    limits = Limits.of(activation) if flag(activation, CHECK_VALUES) else None
    fixed = _Fixed(
        activation=activation,
        controls=",".join(_controls(activation, operation)),
        limits=limits,
        usual=usual_row(activation, limits) if limits else None,
    )
    return endpoints.track(connection, "attributes", partial(_fragment, fixed))


class _Fixed(NamedTuple):
    """What is the same for every row of an operation; without `limits` values are not checked."""

    activation: Activation
    controls: str
    limits: Limits | None
    usual: re.Pattern[str] | None


def _deleted(activation: Activation, row: Row) -> bytes | Rejection:
    identity = identify(activation, row)
    return identity if isinstance(identity, Rejection) else delete_item(activation, identity)


def _fragment(fixed: _Fixed, row: Row) -> bytes | Rejection:
    if fixed.usual and fixed.usual.fullmatch(row.identifiers + row.payload):
        between = f",{fixed.controls}," if fixed.controls else ","
        return f"{row.identifiers[:-1]}{between}{row.payload[1:]}".encode()
    identity = identify(fixed.activation, row)
    if isinstance(identity, Rejection):
        return identity
    try:
        attributes = jsontext.inner(row.payload)
        if fixed.limits:
            rejection = check_attributes(jsontext.parsed(row.payload), fixed.limits)
            if rejection:
                return rejection
    except ValueError:
        return Rejection(code="TAILRACE_BAD_JSON", reason="The payload is not a JSON object")
    parts = (member(fixed.activation, identity), fixed.controls, attributes)
    return jsontext.joined(parts).encode()


def _controls(activation: Activation, operation: Operation) -> Iterator[str]:
    name = identifier_of(activation)
    if activation.sync_mode == "update" or operation == "delete":
        yield '"_update_existing_only":true'
    elif name == "user_alias" or (name in SECONDARY and flag(activation, EXPLICIT_CREATE)):
        # An unknown alias is dropped in silence unless this is said, section 3.3.
        yield '"_update_existing_only":false'
    merge = given(activation, MERGE_OBJECTS)
    if merge is not None:
        yield f'"_merge_objects":{"true" if merge else "false"}'


USERS = Service(
    name="braze.users",
    description="Standard and custom attributes of user profiles.",
    kind="record",
    sync_modes=MODES,
    identifiers=IDENTIFIERS,
    settings=SETTINGS,
    permissions=("users.track", "users.delete"),
    leavers="Mirror only: `delete` deletes the profile for good through /users/delete (needs "
    "users.delete), `unset` makes the attributes of this activation null, `ignore` does nothing.",
    limits="75 objects and 3.5 MB a request, 3,000 requests in 3 s; deletes: 50 ids a request, "
    "20,000 requests a minute. A custom text has at most 255 characters, an array 500 plain items, "
    "an object or array 100 KB.",
    unconfirmed=(
        (
            "Whether `_update_existing_only` holds with email or phone as identifier: update sends "
            "it, upsert leaves it out (settings.explicit_create sends false)."
        ),
        "Whether an unknown phone creates a profile.",
        (
            "Whether an object with one bad field is dropped whole: a row named in `errors` counts "
            "as rejected."
        ),
        (
            "Whether the counts of a reply include users that `_update_existing_only` ignores: a "
            "row that is not counted is looked for in smaller pages, and rejected."
        ),
        "The array length: 500 by one page, 25 to 100 by another (settings.max_array_items).",
        "The length limit of attribute names: 255 is taken, as for nested keys.",
        "What an empty text does: it is sent as it is.",
        "The key of a number in `phone_numbers` of /users/delete: `phone` is sent.",
    ),
    repeatable=True,
    refused_modes=REFUSED_MODES,
    mistakes=_mistakes,
    endpoint=_endpoint,
)
