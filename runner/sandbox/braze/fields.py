"""Standard profile fields: what is refused with the object (Braze contract, sections 3.4, 3.8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from runner.sandbox.braze.identity import is_email
from runner.sandbox.braze.state import Rules
from runner.sandbox.braze.times import parse_time
from runner.sandbox.jsontext import size

SUBSCRIPTION_STATES = ("subscribed", "unsubscribed")
CONTROLS = frozenset({"_update_existing_only", "_merge_objects", "push_token_import"})
IDENTIFIERS = frozenset({"external_id", "user_alias", "braze_id", "alias_name", "alias_label"})

_LANGUAGE = re.compile(r"[A-Za-z]{2}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_GLOBAL_STATES = ("opted_in", *SUBSCRIPTION_STATES)
_DEVICE_ID_BYTES = range(8, 256)


def _text(value: object) -> bool:
    return isinstance(value, str)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _time(value: object) -> bool:
    return parse_time(value) is not None


def _language(value: object) -> bool:
    return isinstance(value, str) and _LANGUAGE.fullmatch(value) is not None


def _day(value: object) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _gender(value: object) -> bool:
    return value in ("M", "F", "O", "N", "P")


def _global_state(value: object) -> bool:
    return value in _GLOBAL_STATES


def _location(value: object) -> bool:
    return isinstance(value, dict) and all(
        _number(value.get(key)) and abs(value[key]) <= bound
        for key, bound in (("longitude", 180), ("latitude", 90))
    )


def _facebook(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("id", ""), str)
        and _integer(value.get("num_friends", 0))
        and isinstance(value.get("likes", []), list)
        and all(isinstance(like, str) for like in value.get("likes", []))
    )


def _twitter(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("screen_name", ""), str)
        and all(_integer(item) for key, item in value.items() if key != "screen_name")
    )


def _refused(value: object) -> bool:
    del value
    return False


_CHECKS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "first_name": (_text, "'first_name' is not valid"),
    "last_name": (_text, "'last_name' is not valid"),
    "home_city": (_text, "'home_city' is not valid"),
    "email": (is_email, "EMAIL_BAD_FORMAT"),
    "phone": (_text, "'phone' is not valid"),
    "country": (_text, "'country' is not valid"),
    "language": (_language, "'language' is not valid"),
    "gender": (_gender, "'gender' is not valid"),
    "dob": (_day, "'dob' is not valid"),
    "time_zone": (_text, "'time_zone' is not valid"),
    "current_location": (_location, "BAD_LOCATION_UPDATE"),
    "date_of_first_session": (_time, "'date_of_first_session' is not valid"),
    "date_of_last_session": (_time, "'date_of_last_session' is not valid"),
    "marked_email_as_spam_at": (_time, "'marked_email_as_spam_at' is not valid"),
    "email_subscribe": (_global_state, "BAD_EMAIL_SUBSCRIPTION_STATE"),
    "push_subscribe": (_global_state, "BAD_PUSH_SUBSCRIPTION_STATE"),
    "email_open_tracking_disabled": (_flag, "'email_open_tracking_disabled' is not valid"),
    "email_click_tracking_disabled": (_flag, "'email_click_tracking_disabled' is not valid"),
    "facebook": (_facebook, "'facebook' is not valid"),
    "twitter": (_twitter, "'twitter' is not valid"),
    "email_subscription_info": (_refused, "INVALID_ATTRIBUTE_EMAIL_SUBSCRIPTION_INFO"),
}
STANDARD = frozenset(_CHECKS) | {"subscription_groups", "push_tokens", "bio"}


def field_errors(thing: Mapping[str, object], rules: Rules) -> Iterator[str]:
    """Every reason to refuse an attributes object, its identifier apart."""
    for key, value in thing.items():
        check = _CHECKS.get(key)
        if check and value is not None and not check[0](value):
            yield check[1]
    if thing.get("email_subscription_info", ...) is None:
        yield "INVALID_ATTRIBUTE_EMAIL_SUBSCRIPTION_INFO"
    if not isinstance(thing.get("_merge_objects", False), bool):
        yield "'_merge_objects' is not valid"
    yield from _group_errors(thing.get("subscription_groups"), rules)
    yield from _token_errors(thing.get("push_tokens"))
    token_import = thing.get("push_token_import", False)
    named = thing.get("external_id") is not None or thing.get("braze_id") is not None
    if not isinstance(token_import, bool) or (token_import and named):
        yield "BAD_PUSH_TOKEN_IMPORT"


def is_group(value: object, rules: Rules) -> bool:
    """Whether a value is a subscription group of this workspace."""
    if not isinstance(value, str):
        return False
    if rules.known_groups is not None:
        return value in rules.known_groups
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False


def _group_errors(value: object, rules: Rules) -> Iterator[str]:
    if value is None:
        return
    if not isinstance(value, list):
        yield "BAD_SUBSCRIPTION_GROUP_ARRAY"
        return
    for item in value:
        if not isinstance(item, dict):
            yield "BAD_SUBSCRIPTION_GROUP_HASH"
            continue
        if not is_group(item.get("subscription_group_id"), rules):
            yield "BAD_SUBSCRIPTION_GROUP_ID"
        if item.get("subscription_state") not in SUBSCRIPTION_STATES:
            yield "BAD_SUBSCRIPTION_GROUP_STATE"


def _token_errors(value: object) -> Iterator[str]:
    if value is None:
        return
    if not isinstance(value, list) or any(not isinstance(item, dict) for item in value):
        yield "BAD_PUSH_TOKEN_VALUE"
        return
    for item in value:
        if not isinstance(item.get("app_id"), str):
            yield "BAD_PUSH_TOKEN_APP_ID"
        if not isinstance(item.get("token"), str) or not item["token"]:
            yield "BAD_PUSH_TOKEN_STRING"
        device = item.get("device_id", "device_id")
        if not isinstance(device, str) or size(device) not in _DEVICE_ID_BYTES:
            yield "BAD_DEVICE_ID"
