"""How a row names its user, and how that is written (Braze contract, sections 3.2 and 6)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from runner.destinations.braze.settings import (
    ALIAS_LABEL,
    CHECK_VALUES,
    PRIORITIZATION,
)
from runner.destinations.common import jsontext
from runner.destinations.common.rows import identifier_of, identifier_value
from runner.destinations.common.settings import flag, given
from runner.destinations.service import Activation, Rejection, Row

# The largest external_id in bytes, section 3.2.
MAX_EXTERNAL_ID = 987
DELETE_KINDS: Mapping[str, str] = {
    "external_id": "external_ids",
    "braze_id": "braze_ids",
    "user_alias": "user_aliases",
    "email": "email_addresses",
    "phone": "phone_numbers",
}
_PHONE = re.compile(r"\+[1-9][0-9]{1,14}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class Identity(NamedTuple):
    """One identifier of one row."""

    name: str
    value: str


def alias_mistakes(activation: Activation) -> Iterator[str]:
    """Say that an alias lacks its label."""
    if identifier_of(activation) == "user_alias" and given(activation, ALIAS_LABEL) is None:
        yield "the identifier user_alias needs settings.alias_label, the label of the aliases"


def identify(activation: Activation, row: Row) -> Identity | Rejection:
    """Read a row's identifier as text, and check its form."""
    value = identifier_value(activation, row)
    if isinstance(value, Rejection):
        return value
    name = identifier_of(activation)
    if flag(activation, CHECK_VALUES):
        rejection = _check(name, value)
        if rejection:
            return rejection
    return Identity(name, value)


def member(activation: Activation, identity: Identity) -> str:
    """Write the identifier as a member of an object for /users/track."""
    if identity.name == "user_alias":
        return f'"user_alias":{_alias(activation, identity.value)}'
    return f'"{identity.name}":{jsontext.quoted(identity.value)}'


def delete_item(activation: Activation, identity: Identity) -> bytes:
    """Write the identifier as an item of /users/delete."""
    if identity.name == "user_alias":
        return _alias(activation, identity.value).encode()
    if identity.name in ("email", "phone"):
        choice = given(activation, PRIORITIZATION)
        return json.dumps({identity.name: identity.value, "prioritization": choice}).encode()
    return jsontext.quoted(identity.value).encode()


def _alias(activation: Activation, name: str) -> str:
    return json.dumps({"alias_name": name, "alias_label": given(activation, ALIAS_LABEL)})


def _check(name: str, value: str) -> Rejection | None:
    if name == "external_id" and len(value.encode("utf-8", "surrogatepass")) > MAX_EXTERNAL_ID:
        reason = f"`external_id` has more than {MAX_EXTERNAL_ID} bytes"
        return Rejection(code="TAILRACE_TOO_LONG", reason=reason)
    if name == "phone" and not _PHONE.fullmatch(value):
        reason = "`phone` as identifier must have E.164 form (+33612345678)"
        return Rejection(code="TAILRACE_BAD_VALUE", reason=reason)
    if name == "email" and not _EMAIL.fullmatch(value):
        reason = "`email` as identifier must look like an address"
        return Rejection(code="TAILRACE_BAD_VALUE", reason=reason)
    return None
