"""The settings of an activation that Braze's services know, with their defaults and checks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from runner.destinations.braze.fields import MAX_NAME
from runner.destinations.common.settings import COUNT, FLAG, Check, one_of, text
from runner.destinations.service import Setting, SyncMode


def _is_prioritization(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    allowed = ("identified", "unidentified", "most_recently_updated")
    known = all(item in allowed for item in value)
    return known and len(set(value)) == len(value) and not {*allowed[:2]} <= {*value}


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _is_uuid(value: object) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


_NAME = text(MAX_NAME)
_CHOICE: Check = (
    "a list of identified or unidentified (not both) and most_recently_updated, each once",
    _is_prioritization,
)

REFUSED_MODES: Mapping[SyncMode, str] = {
    "insert": "Braze cannot promise sync mode insert, since it has no call that leaves an existing "
    "profile as it is: use upsert"
}
ALIAS_LABEL = Setting(
    name="alias_label",
    description="The label of the aliases; required with the identifier user_alias.",
    check=_NAME,
)
MERGE_OBJECTS = Setting(
    name="merge_objects",
    description="true: the keys of an object are merged into the stored object; false: the "
    "object replaces the stored one. Left out, Braze's own default holds, which is false.",
    check=FLAG,
)
EXPLICIT_CREATE = Setting(
    name="explicit_create",
    description="With the identifier email or phone in upsert and mirror: send "
    "`_update_existing_only: false` instead of leaving the flag out (its effect is not documented "
    "for these identifiers).",
    default=False,
    check=FLAG,
)
PRIORITIZATION = Setting(
    name="prioritization",
    description="Which of several profiles with the same email or phone is deleted: an ordered "
    "list of identified or unidentified, and most_recently_updated. Required where mirror "
    "deletes by email or phone.",
    check=_CHOICE,
)
CHECK_VALUES = Setting(
    name="check_values",
    description="Reject a row before sending where Braze would answer 201 and drop the value in "
    "silence.",
    default=True,
    check=FLAG,
)
MAX_STRING = Setting(
    name="max_string_length",
    description="Characters of a custom text value, or of a text or key inside an object.",
    default=255,
    check=COUNT,
)
MAX_ITEMS = Setting(
    name="max_array_items",
    description="Items of an array of plain values.",
    default=500,
    check=COUNT,
)
MAX_NESTED = Setting(
    name="max_nested_bytes",
    description="Bytes of an object or array, as JSON.",
    default=100_000,
    check=COUNT,
)
UPDATE_EXISTING_ONLY = Setting(
    name="update_existing_only",
    description="Sent as `_update_existing_only`: true ignores events of users that Braze does not "
    "know. Left out, Braze's own default holds: an unknown external_id creates a profile.",
    check=FLAG,
)
EVENT_NAME = Setting(
    name="event_name",
    description="The name of every event; left out, the attribute `name` gives it.",
    check=_NAME,
)
APP_ID = Setting(
    name="app_id",
    description="The app identifier of the workspace, to tie the event to an app.",
    check=_NAME,
)
SUBSCRIPTION_GROUP_ID = Setting(
    name="subscription_group_id",
    description="The id (a UUID) of the subscription group, from Braze's dashboard.",
    required=True,
    check=("a UUID, as shown in Braze's dashboard", _is_uuid),
)
DOUBLE_OPT_IN = Setting(
    name="use_double_opt_in_logic",
    description="SMS groups only: true starts the opt-in flow for those who enter.",
    check=FLAG,
)
VIA = Setting(
    name="via",
    description="v2: the subscription endpoint. track: /users/track, which counts towards its own "
    "limit, also changes every other profile with the same email, and needs external_id, "
    "braze_id or user_alias.",
    default="v2",
    check=one_of("v2", "track"),
)
AUDIENCE_NAME = Setting(
    name="audience_name",
    description="Names the custom attribute that is true for members; spaces become underscores.",
    required=True,
    check=_NAME,
)


def property_bytes(default: int) -> Setting:
    """The size limit of properties, which events and purchases document differently."""
    return Setting(
        name="max_property_bytes",
        description="Bytes of all properties of one object, as JSON, where one is an array or "
        "object.",
        default=default,
        check=COUNT,
    )
