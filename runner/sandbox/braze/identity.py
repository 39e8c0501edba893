"""How an object names its profile (Braze contract, sections 3.2 and 3.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from runner.sandbox.braze.state import Profile, State
from runner.sandbox.jsontext import size

PRIMARY = ("external_id", "user_alias", "braze_id")
EXTERNAL_ID_BYTES = 987
MISSING = "'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required"

_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s.<>,;]+(\.[^@\s.<>,;]+)+")
_E164 = re.compile(r"\+[1-9]\d{6,14}")


class InvalidObjectError(Exception):
    """One object of a request is refused; the text is the `type` of its error entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The identifier that counts, and whether an unknown one makes a profile.

    `label` belongs to an alias only; `value` is then the alias name.
    """

    kind: str
    value: str
    label: str = ""
    creates: bool = False


def is_email(value: object) -> bool:
    """Whether a value looks like an email address."""
    return isinstance(value, str) and _EMAIL.fullmatch(value) is not None


def is_e164(value: object) -> bool:
    """Whether a value is a phone number in E.164 form."""
    return isinstance(value, str) and _E164.fullmatch(value) is not None


def alias_of(value: object) -> tuple[str, str] | None:
    """Label and name of a `user_alias` object, or None when it is none."""
    if isinstance(value, dict):
        label, name = value.get("alias_label"), value.get("alias_name")
        if isinstance(label, str) and isinstance(name, str) and label and name:
            return label, name
    return None


def address(thing: Mapping[str, object]) -> Address:
    """The identifier an object is stored under; raises InvalidObjectError."""
    update_only = thing.get("_update_existing_only")
    if update_only is not None and not isinstance(update_only, bool):
        raise InvalidObjectError("'_update_existing_only' is not valid")
    given = [kind for kind in PRIMARY if thing.get(kind) is not None]
    if len(given) > 1:
        raise InvalidObjectError(
            "exactly one of 'external_id', 'braze_id' or 'user_alias' is allowed"
        )
    if given:
        return _primary(given[0], thing[given[0]], update_only=update_only)
    email, phone = thing.get("email"), thing.get("phone")
    if email is not None:
        if not is_email(email):
            raise InvalidObjectError("EMAIL_BAD_FORMAT")
        return Address(kind="email", value=str(email), creates=not update_only)
    if phone is not None:
        if not is_e164(phone):
            raise InvalidObjectError("'phone' is not valid")
        return Address(kind="phone", value=str(phone), creates=not update_only)
    raise InvalidObjectError(MISSING)


def _primary(kind: str, value: object, *, update_only: bool | None) -> Address:
    if kind == "user_alias":
        alias = alias_of(value)
        if alias is None:
            raise InvalidObjectError("'user_alias' is not valid")
        return Address(kind=kind, label=alias[0], value=alias[1], creates=update_only is False)
    if not isinstance(value, str):
        raise InvalidObjectError(f"'{kind}' is not valid")
    if not value:
        raise InvalidObjectError(MISSING)
    if kind == "external_id" and size(value) > EXTERNAL_ID_BYTES:
        raise InvalidObjectError("EXTERNAL_USER_ID_TOO_LARGE")
    return Address(kind=kind, value=value, creates=kind == "external_id" and not update_only)


def find(state: State, where: Address) -> Profile | None:
    """The profile an identifier finds; of several the identified and then the latest one."""
    if where.kind == "external_id":
        return state.by_external_id.get(where.value)
    if where.kind == "braze_id":
        return state.profiles.get(where.value)
    if where.kind == "user_alias":
        return state.by_alias.get((where.label, where.value))
    holders = state.at_address(where.kind, where.value)
    return max(holders, key=lambda p: (p.external_id is not None, p.updated), default=None)


def create(state: State, where: Address) -> Profile:
    """Make the profile that an unknown identifier stands for."""
    profile = state.create(external_id=where.value if where.kind == "external_id" else None)
    if where.kind == "user_alias":
        state.add_alias(profile, where.label, where.value)
    if where.kind in {"email", "phone"}:
        state.set_address(profile, where.kind, where.value)
    return profile
