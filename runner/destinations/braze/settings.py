"""The settings of an activation that Braze's services know, with their defaults and checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from runner.destinations.braze.fields import MAX_NAME
from runner.destinations.service import Activation, Setting

ALIAS_LABEL = Setting(
    name="alias_label",
    description="The label of the aliases; required with the identifier user_alias.",
)
MERGE_OBJECTS = Setting(
    name="merge_objects",
    description="true: the keys of an object are merged into the stored object; false: the "
    "object replaces the stored one. Left out, Braze's own default holds, which is false.",
)
EXPLICIT_CREATE = Setting(
    name="explicit_create",
    description="With the identifier email or phone in upsert and mirror: send "
    "`_update_existing_only: false` instead of leaving the flag out (its effect is not documented "
    "for these identifiers).",
    default=False,
)
PRIORITIZATION = Setting(
    name="prioritization",
    description="Which of several profiles with the same email or phone is deleted: an ordered "
    "list of identified or unidentified, and most_recently_updated. Required where mirror "
    "deletes by email or phone.",
)
CHECK_VALUES = Setting(
    name="check_values",
    description="Reject a row before sending where Braze would answer 201 and drop the value in "
    "silence.",
    default=True,
)
MAX_STRING = Setting(
    name="max_string_length",
    description="Characters of a custom text value, or of a text or key inside an object.",
    default=255,
)
MAX_ITEMS = Setting(
    name="max_array_items",
    description="Items of an array of plain values.",
    default=500,
)
MAX_NESTED = Setting(
    name="max_nested_bytes",
    description="Bytes of an object or array, as JSON.",
    default=100_000,
)
UPDATE_EXISTING_ONLY = Setting(
    name="update_existing_only",
    description="Sent as `_update_existing_only`: true ignores events of users that Braze does not "
    "know. Left out, Braze's own default holds: an unknown external_id creates a profile.",
)
EVENT_NAME = Setting(
    name="event_name",
    description="The name of every event; left out, the attribute `name` gives it.",
)
APP_ID = Setting(
    name="app_id",
    description="The app identifier of the workspace, to tie the event to an app.",
)
SUBSCRIPTION_GROUP_ID = Setting(
    name="subscription_group_id",
    description="The id (a UUID) of the subscription group, from Braze's dashboard.",
    required=True,
)
DOUBLE_OPT_IN = Setting(
    name="use_double_opt_in_logic",
    description="SMS groups only: true starts the opt-in flow for those who enter.",
)
VIA = Setting(
    name="via",
    description="v2: the subscription endpoint. track: /users/track, which counts towards its own "
    "limit, also changes every other profile with the same email, and needs external_id, "
    "braze_id or user_alias.",
    default="v2",
)
AUDIENCE_NAME = Setting(
    name="audience_name",
    description="Names the custom attribute that is true for members; spaces become underscores.",
    required=True,
)


def property_bytes(default: int) -> Setting:
    """The size limit of properties, which events and purchases document differently."""
    return Setting(
        name="max_property_bytes",
        description="Bytes of all properties of one object, as JSON, where one is an array or "
        "object.",
        default=default,
    )


def given(activation: Activation, setting: Setting) -> object:
    """The value in the activation's settings, else the default."""
    value = activation.settings.get(setting.name)
    return setting.default if value is None else value


def flag(activation: Activation, setting: Setting) -> bool:
    """A setting that is true or false; false when it is left out without a default."""
    return given(activation, setting) is True


def number(activation: Activation, setting: Setting) -> int:
    """A setting that is a whole number, already checked."""
    value = given(activation, setting)
    return value if isinstance(value, int) else 0


def setting_mistakes(activation: Activation, settings: tuple[Setting, ...]) -> Iterator[str]:
    """Say which settings are missing or hold something else than they must."""
    for setting in settings:
        value = activation.settings.get(setting.name)
        if value is None:
            if setting.required:
                yield f"settings.{setting.name} is missing; {_sentence(setting.description)}"
            continue
        expected, fits = _EXPECTED[setting.name]
        if not fits(value):
            yield f"settings.{setting.name} must be {expected}"


def _sentence(description: str) -> str:
    return description[0].lower() + description[1:].rstrip(".")


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value.strip()) <= len(value) <= MAX_NAME


def _is_via(value: object) -> bool:
    return value in ("v2", "track")


def _is_prioritization(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    allowed = ("identified", "unidentified", "most_recently_updated")
    known = all(item in allowed for item in value)
    return known and len(set(value)) == len(value) and not {*allowed[:2]} <= {*value}


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _is_uuid(value: object) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


_FLAG = ("true or false", _is_flag)
_COUNT = ("a whole number above 0", _is_count)
_NAME = (f"text of 1 to {MAX_NAME} characters", _is_name)
_EXPECTED: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "alias_label": _NAME,
    "merge_objects": _FLAG,
    "explicit_create": _FLAG,
    "prioritization": (
        "a list of identified or unidentified (not both) and most_recently_updated, each once",
        _is_prioritization,
    ),
    "check_values": _FLAG,
    "max_string_length": _COUNT,
    "max_array_items": _COUNT,
    "max_nested_bytes": _COUNT,
    "max_property_bytes": _COUNT,
    "update_existing_only": _FLAG,
    "event_name": _NAME,
    "app_id": _NAME,
    "subscription_group_id": ("a UUID, as shown in Braze's dashboard", _is_uuid),
    "use_double_opt_in_logic": _FLAG,
    "via": ("v2 or track", _is_via),
    "audience_name": _NAME,
}
