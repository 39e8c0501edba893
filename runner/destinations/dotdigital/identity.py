"""Who a contact is (Dotdigital contract, section 2)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from runner.destinations.common.paths import step
from runner.destinations.common.rows import identifier_of, identifier_value
from runner.destinations.common.settings import given
from runner.destinations.dotdigital.settings import CUSTOM_IDENTIFIER
from runner.destinations.service import Activation, Rejection, Row, Target

CONTACTS = "/contacts/v3"
IDENTIFIERS: Mapping[str, str] = {
    "email": "the address; case does not matter",
    "contactId": "Dotdigital's own number; never creates anybody",
    "mobileNumber": "the number in E.164 form",
    "custom": "an identifier of the account's own, called settings.custom_identifier",
}
LONGEST = 256
_FORMS = {
    "contactId": (re.compile(r"[1-9][0-9]{0,18}"), "a whole number"),
    "mobileNumber": (re.compile(r"[1-9][0-9]{5,14}"), "a number in E.164 form (+447123123123)"),
    "email": (re.compile(r"[^@\s]+@[^@\s]+"), "an address"),
}


def mistakes(activation: Activation) -> Iterator[str]:
    """A sentence where the custom identifier is not named, or named without need."""
    custom = identifier_of(activation) == "custom"
    if custom and given(activation, CUSTOM_IDENTIFIER) is None:
        yield "settings.custom_identifier is missing: what the account calls this identifier"
    if not custom and given(activation, CUSTOM_IDENTIFIER) is not None:
        yield "settings.custom_identifier says nothing unless the identifier `custom` is mapped"


def name_of(activation: Activation) -> str:
    """What Dotdigital calls the identifier of an activation."""
    name = identifier_of(activation)
    return str(given(activation, CUSTOM_IDENTIFIER)) if name == "custom" else name


def value_of(activation: Activation, row: Row) -> str | Rejection:
    """A row's identifier in the form that Dotdigital takes."""
    value = identifier_value(activation, row)
    if isinstance(value, Rejection):
        return value
    name = identifier_of(activation)
    value = value.strip()
    if name == "mobileNumber":
        # Written without the plus.
        value = value.removeprefix("+")
    form, words = _FORMS.get(name, (None, ""))
    if form and not form.fullmatch(value):
        return Rejection(code="TAILRACE_BAD_IDENTIFIER", reason=f"`{name}` is not {words}")
    if step(value) is None or len(value) > LONGEST:
        reason = f"`{name}` must have 1 to {LONGEST} characters"
        return Rejection(code="TAILRACE_BAD_IDENTIFIER", reason=reason)
    return value


def member_of(activation: Activation, value: str) -> str:
    """The identifier as a member of `identifiers`."""
    rendered = value if identifier_of(activation) == "contactId" else json.dumps(value)
    return f"{json.dumps(name_of(activation))}:{rendered}"


def place_of(activation: Activation, row: Row) -> Target:
    """The question which contact a row means."""
    name = name_of(activation)
    value = value_of(activation, row)
    # One that is refused goes nowhere, and its fragment says why.
    last = "" if isinstance(value, Rejection) else step(value) or ""
    shown = f"{CONTACTS}/{name}/{{value}}"
    return Target(path=f"{CONTACTS}/{step(name)}/{last}", shown=shown, method="GET")
