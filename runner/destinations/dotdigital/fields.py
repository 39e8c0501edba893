"""What a contact holds, and the account's own data fields (Dotdigital contract, 3 and 5)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from runner.destinations.common import jsontext, times
from runner.destinations.common.jsontext import Member
from runner.destinations.dotdigital.replies import listed
from runner.destinations.service import Activation, Connection, Preparation, Rejection, Target
from runner.errors import ConfigurationError
from runner.hints import nearest

DATA_FIELDS = "/v2/data-fields"
# Where the types that were found stand in the settings of an activation that goes on its way.
TYPES = "data_field_types"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,20}")
_STATUSES = ("subscribed", "unsubscribed", "suppressed")
CHANNELS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "email": {
        "status": _STATUSES,
        "optInType": ("unknown", "single", "double", "verifiedDouble"),
        "emailType": ("plainText", "html"),
    },
    "sms": {"status": ("noSubscription", *_STATUSES)},
    "whatsApp": {"status": ("noSubscription", *_STATUSES)},
}
FURTHER = "identifiers."
_TEXT: tuple[tuple[type, ...], str] = ((str,), "text, as the data field is text")
_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "Numeric": ((int, float), "a number, as the data field is numeric"),
    "Boolean": ((bool,), "true or false, as the data field is boolean"),
}


def mistakes(activation: Activation) -> Iterator[str]:
    """A sentence for each attribute whose name cannot be one."""
    for name in activation.attributes:
        channel, dot, property_ = name.partition(".")
        if name.startswith(FURTHER) or (dot and property_ in CHANNELS.get(channel, ())):
            continue
        if not _NAME.fullmatch(name):
            yield (
                f"`{name}` is no name of a data field (1 to 20 letters, digits, - or _), of a "
                "channel (email.status) or of another identifier (identifiers.mobileNumber)"
            )


def prepared(activation: Activation, _: Connection) -> Preparation:
    """Hold the mapping against the account's data fields, since unknown ones may be dropped (U3).

    Raises ConfigurationError for a field that the account does not have.
    """
    reply = yield Target(path=DATA_FIELDS, method="GET")
    known = listed(reply) if reply else []
    types = {str(each.get("name")): str(each.get("type")) for each in known}
    for name in activation.attributes:
        if reply and "." not in name and name not in types:
            raise ConfigurationError(
                f"`{name}` is no data field of this account: {nearest(name, types)} Correct the "
                "mapping, or make the field in Dotdigital first."
            )
    return replace(activation, settings={**activation.settings, TYPES: types})


def rendered(
    activation: Activation, found: Mapping[str, Member], longest: int
) -> list[str] | Rejection:
    """The members of a contact beside its identifiers, and further identifiers as one of them."""
    parts: dict[str, list[str]] = {"identifiers": [], "dataFields": []}
    channels: dict[str, list[str]] = {}
    types = activation.settings.get(TYPES) or {}
    for name, member in found.items():
        group, dot, inner = name.partition(".")
        if not dot:
            text = _data_field(member, types.get(name, ""), longest)
        else:
            text = _text_of(member, CHANNELS.get(group, {}).get(inner, ()))
        if isinstance(text, _Mistake):
            return Rejection(code="TAILRACE_BAD_VALUE", reason=f"`{name}` {text}")
        if not dot:
            parts["dataFields"].append(f"{json.dumps(name)}:{text}")
        elif text != "null":
            # A null clears neither an identifier nor what a person wants.
            place = parts if group == "identifiers" else channels
            place.setdefault(group, []).append(f"{json.dumps(inner)}:{text}")
    properties = [f"{json.dumps(each)}:{jsontext.joined(own)}" for each, own in channels.items()]
    return [
        ",".join(parts["identifiers"]),
        f'"dataFields":{jsontext.joined(parts["dataFields"])}' if parts["dataFields"] else "",
        f'"channelProperties":{jsontext.joined(properties)}' if properties else "",
    ]


class _Mistake(str):
    """Why a value cannot be sent."""

    __slots__ = ()


def _text_of(member: Member, choices: tuple[str, ...]) -> str:
    if member.value is None:
        return "null"
    if not isinstance(member.value, str) or not member.value:
        return _Mistake("must be text")
    if choices and member.value not in choices:
        return _Mistake(f"must be {' or '.join(choices)}")
    return member.text


def _data_field(  # noqa: PLR0911 - one return a mistake
    member: Member, type_: str, longest: int
) -> str:
    value = member.value
    if value is None:
        return "null"
    if value == "":
        return _Mistake("is an empty text, which clears a field: send null if it was cleared")
    if type_ == "Date":
        moment = times.moment(value)
        if moment is None:
            return _Mistake("must be a date or time in ISO 8601, as the data field is a date")
        return json.dumps(f"{moment:%Y-%m-%dT%H:%M:%SZ}")
    kind, words = _KINDS.get(type_, _TEXT)
    if type(value) not in kind:
        return _Mistake(f"must be {words}: cast it")
    if isinstance(value, str) and len(value) > longest:
        return _Mistake(f"has more than {longest} characters")
    return member.text
