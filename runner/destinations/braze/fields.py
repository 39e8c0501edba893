"""What Braze gives a meaning of its own (Braze contract, sections 3.2 and 3.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping

IDENTIFIERS: Mapping[str, str] = {
    "external_id": "your own id of the user, at most 987 bytes",
    "braze_id": "the id that Braze gave the profile; never creates one",
    "user_alias": "the alias name, with its label in settings.alias_label",
    "email": "the address; of several profiles that share it, Braze takes those with an "
    "external_id first, then the one updated last",
    "phone": "the number in E.164 form (+33612345678)",
}

FIELD_TYPES: Mapping[str, type] = {
    "first_name": str,
    "last_name": str,
    "home_city": str,
    "email": str,
    "phone": str,
    "country": str,
    "language": str,
    "gender": str,
    "dob": str,
    "time_zone": str,
    "current_location": dict,
    "date_of_first_session": str,
    "date_of_last_session": str,
    "marked_email_as_spam_at": str,
    "email_subscribe": str,
    "push_subscribe": str,
    "email_open_tracking_disabled": bool,
    "email_click_tracking_disabled": bool,
    "subscription_groups": list,
    "push_tokens": list,
    "facebook": dict,
    "twitter": dict,
}
TYPE_NAMES: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    list: "an array",
    dict: "an object",
}

_SUBSCRIBED = ("opted_in", "subscribed", "unsubscribed")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "gender": ("M", "F", "O", "N", "P"),
    "email_subscribe": _SUBSCRIBED,
    "push_subscribe": _SUBSCRIBED,
}
FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "country": (re.compile(r"[A-Za-z]{2}"), "an ISO 3166-1 code of two letters"),
    "time_zone": (
        re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*"),
        "an IANA name such as Europe/Paris",
    ),
}
TIMES = frozenset({"date_of_first_session", "date_of_last_session", "marked_email_as_spam_at"})

_NOT_ATTRIBUTES: Mapping[str, str] = {
    "external_id": "is an identifier, not an attribute: map it in `identifiers`",
    "braze_id": "is an identifier, not an attribute: map it in `identifiers`",
    "user_alias": "is an identifier, not an attribute: map it in `identifiers`",
    "alias_name": "is part of an identifier: map `user_alias` in `identifiers`",
    "alias_label": "is part of an identifier: give settings.alias_label",
    "push_token_import": "is a control key of Braze, not an attribute: leave it out",
    "email_subscription_info": "is refused by Braze: map `email_subscribe` instead",
    "bio": "is no longer kept by Braze: give the attribute another name",
}
_STANDARD = frozenset(FIELD_TYPES) | frozenset(_NOT_ATTRIBUTES)
MAX_NAME = 255


def name_mistake(name: str) -> str | None:
    """Say why Braze would not keep an attribute of this name as meant, or None."""
    if name in FIELD_TYPES:
        return None
    if name in _NOT_ATTRIBUTES:
        return f"attribute `{name}` {_NOT_ATTRIBUTES[name]}"
    if name.startswith("_"):
        return (
            f"attribute `{name}` begins with an underscore, as Braze's control keys do: "
            "give it another name, or leave it out of `attributes`"
        )
    if is_standard(name):
        return f"attribute `{name}` would become a custom attribute named {name}{_meant(name)}"
    if not 1 <= len(name) <= MAX_NAME:
        return f"an attribute name must have 1 to {MAX_NAME} characters: `{name[:40]}` has not"
    return None


def _meant(name: str) -> str:
    """The end of the sentence about a standard name in other letters."""
    standard = name.lower()
    if standard in _NOT_ATTRIBUTES:
        return f", and `{standard}` {_NOT_ATTRIBUTES[standard]}"
    return f": write `{standard}` if you mean the standard field"


def is_standard(name: str) -> bool:
    """Whether Braze gives this name a meaning of its own, in any case of letters."""
    return name.lower() in _STANDARD
