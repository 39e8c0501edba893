"""`braze.subscription_status` and `braze.user_list`: who belongs, and who no longer does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial

from runner.destinations.braze import endpoints
from runner.destinations.braze.fields import IDENTIFIERS, is_standard
from runner.destinations.braze.identity import alias_mistakes, identify, member
from runner.destinations.braze.settings import (
    ALIAS_LABEL,
    AUDIENCE_NAME,
    CHECK_VALUES,
    DOUBLE_OPT_IN,
    SUBSCRIPTION_GROUP_ID,
    VIA,
)
from runner.destinations.common import jsontext
from runner.destinations.common.rows import identifier_of
from runner.destinations.common.settings import given
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

# Nobody is created, section 3.3.
_UPDATE_ONLY = '"_update_existing_only":true'
_V2_KINDS = {"external_id": "external_ids", "email": "emails", "phone": "phones"}
_TRACK_IDENTIFIERS = ("external_id", "braze_id", "user_alias")


def _group(activation: Activation, operation: Operation) -> dict[str, object]:
    entered = operation != "delete"
    group: dict[str, object] = {
        "subscription_group_id": given(activation, SUBSCRIPTION_GROUP_ID),
        "subscription_state": "subscribed" if entered else "unsubscribed",
    }
    opt_in = given(activation, DOUBLE_OPT_IN)
    if entered and opt_in is not None:
        group["use_double_opt_in_logic"] = opt_in
    return group


def _through_track(activation: Activation) -> bool:
    return given(activation, VIA) == "track"


def _subscription_mistakes(activation: Activation, _: Connection) -> Iterator[str]:
    yield from alias_mistakes(activation)
    identifier = identifier_of(activation)
    if _through_track(activation) and identifier not in _TRACK_IDENTIFIERS:
        yield (
            f"settings.via: track could create profiles by {identifier}: use via: v2, or one of "
            f"{', '.join(_TRACK_IDENTIFIERS)}"
        )
    if not _through_track(activation) and identifier not in _V2_KINDS:
        yield (
            f"the subscription endpoint does not know {identifier}: give settings.via: track, or "
            f"use one of {', '.join(_V2_KINDS)}"
        )


def _subscription_endpoint(
    activation: Activation, connection: Connection, operation: Operation
) -> Endpoint:
    if _through_track(activation):
        return endpoints.track(connection, "attributes", partial(_tracked, activation))
    group = json.dumps(_group(activation, operation))
    kind = _V2_KINDS[identifier_of(activation)]
    start = f'{group[:-1]}, "{kind}":'
    return endpoints.subscription(connection, start, partial(_listed, activation))


def _listed(activation: Activation, row: Row) -> bytes | Rejection:
    identity = identify(activation, row)
    return identity if isinstance(identity, Rejection) else jsontext.quoted(identity.value).encode()


def _tracked(activation: Activation, row: Row) -> bytes | Rejection:
    identity = identify(activation, row)
    if isinstance(identity, Rejection):
        return identity
    groups = f'"subscription_groups":[{json.dumps(_group(activation, row.operation))}]'
    return jsontext.joined([member(activation, identity), _UPDATE_ONLY, groups]).encode()


def _attribute(activation: Activation) -> str:
    return str(given(activation, AUDIENCE_NAME)).strip().replace(" ", "_")


def _list_mistakes(activation: Activation, _: Connection) -> Iterator[str]:
    yield from alias_mistakes(activation)
    name = _attribute(activation)
    if is_standard(name) or name.startswith("_"):
        yield (
            f"settings.audience_name makes the attribute `{name}`, which means something else to "
            "Braze: choose another name"
        )


def _list_endpoint(activation: Activation, connection: Connection, _: Operation) -> Endpoint:
    return endpoints.track(connection, "attributes", partial(_list_fragment, activation))


def _list_fragment(activation: Activation, row: Row) -> bytes | Rejection:
    identity = identify(activation, row)
    if isinstance(identity, Rejection):
        return identity
    belongs = "false" if row.operation == "delete" else "true"
    value = f"{jsontext.quoted(_attribute(activation))}:{belongs}"
    return jsontext.joined([member(activation, identity), _UPDATE_ONLY, value]).encode()


_SUBSCRIPTION_MODES: Mapping[SyncMode, str] = {
    "membership": "Entering subscribes, leaving unsubscribes; nobody else is touched or created.",
}
_SUBSCRIPTION_SETTINGS = (SUBSCRIPTION_GROUP_ID, DOUBLE_OPT_IN, VIA, ALIAS_LABEL, CHECK_VALUES)
_SUBSCRIPTION_IDENTIFIERS: Mapping[str, str] = {
    "external_id": IDENTIFIERS["external_id"],
    "email": "the address; every profile with it changes, and Braze keeps the state of an unknown "
    "one for 30 days; with via: v2",
    "phone": "the number in E.164 form; as email; with via: v2",
    "braze_id": f"{IDENTIFIERS['braze_id']}; with via: track",
    "user_alias": f"{IDENTIFIERS['user_alias']}; with via: track",
}

SUBSCRIPTION_STATUS = Service(
    name="braze.subscription_status",
    description="The state of users in a subscription group (email, SMS, WhatsApp).",
    kind="membership",
    sync_modes=_SUBSCRIPTION_MODES,
    identifiers=_SUBSCRIPTION_IDENTIFIERS,
    settings=_SUBSCRIPTION_SETTINGS,
    permissions=("subscription.status.set", "users.track"),
    leavers="Unsubscribed from the group.",
    limits="via v2 (permission subscription.status.set): 50 users a request, 5,000 requests a "
    "minute; via track (permission users.track): 75 users a request, 3,000 requests in 3 s.",
    unconfirmed=(
        (
            "Whether 50 users is the limit of a request or of a list: 50 a request is taken "
            "(connection option subscription_max_rows)."
        ),
        (
            "The error list of the endpoint, and what it answers for an unknown external_id: any "
            "row not named counts as acknowledged."
        ),
        "Which 2xx status means success: any, if the message says so.",
    ),
    repeatable=True,
    mistakes=_subscription_mistakes,
    endpoint=_subscription_endpoint,
)

_LIST_MODES: Mapping[SyncMode, str] = {
    "membership": "Members have the attribute true, those who left false; nobody is created.",
}
_LIST_SETTINGS = (AUDIENCE_NAME, ALIAS_LABEL, CHECK_VALUES)

USER_LIST = Service(
    name="braze.user_list",
    description="Membership in an audience, as a custom attribute that is true or false.",
    kind="membership",
    sync_modes=_LIST_MODES,
    identifiers=IDENTIFIERS,
    settings=_LIST_SETTINGS,
    permissions=("users.track",),
    leavers="The attribute becomes false.",
    limits="75 objects and 3.5 MB a request, 3,000 requests in 3 s.",
    unconfirmed=(
        "Whether `_update_existing_only` holds with email or phone as identifier: it is sent.",
        (
            "Whether the counts of a reply include unknown users: a row that is not counted is "
            "looked for in smaller pages, and rejected."
        ),
    ),
    repeatable=True,
    mistakes=_list_mistakes,
    endpoint=_list_endpoint,
)
