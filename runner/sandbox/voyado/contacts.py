"""Finding, creating and changing contacts, without HTTP (Voyado contract, sections 3 to 6)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from runner.sandbox.sandbox import Refusals
from runner.sandbox.voyado.state import FINDERS, Contact, RequestRefusedError, State

PREFERENCES = frozenset({"acceptsEmail", "acceptsSms", "acceptsPostal"})
_COMPUTED = re.compile(r"rfm|age|memberNumber|retail\.keyvalue\..*|nps\..*")
_FORMS = {
    "email": ("InvalidEmailAddress", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
    "mobilePhone": ("InvalidPhoneNumber", re.compile(r"\+[1-9][0-9]{5,14}")),
    "birthDay": ("InvalidDate", re.compile(r"\d{4}-\d{2}-\d{2}")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a tenant is set up.

    `types` maps each contact type to its key; `fields` are those the tenant has (None: whatever
    is sent); `custom_key` is what `customKey` stands for.
    """

    types: Mapping[str, str]
    fields: Collection[str] | None = None
    custom_key: str = "externalId"


def look_up(state: State, rules: Rules, query: Mapping[str, str]) -> str:
    """The id of the one contact that is meant. Raises RequestRefusedError."""
    asked = [name for name in (*FINDERS, "customKey") if name in query and name != "externalId"]
    if len(asked) != 1 or set(query) - {*asked, "contactType"}:
        raise RequestRefusedError(400, "InvalidSearchQuery", "one search value is needed")
    value, wanted = query[asked[0]], query.get("contactType")
    name = rules.custom_key if asked[0] == "customKey" else asked[0]
    _check_form(name, value)
    if wanted is not None and wanted not in rules.types:
        raise RequestRefusedError(400, "InvalidContactType", "no such contact type")
    found = list(state.find(name, value, wanted))
    if len(found) > 1:
        raise RequestRefusedError(409, "MultipleMatches", "several contacts match")
    if not found:
        raise RequestRefusedError(404, "ContactNotFound", "contact not found")
    return found[0].id


def create(state: State, rules: Rules, body: object, refusals: Refusals, *, store: bool) -> Contact:
    """A new contact, or the one that has this key already, as it was (U4)."""
    given = _checked(body)
    contact_type = str(given.get("contactType", "Member"))
    if contact_type not in rules.types:
        raise RequestRefusedError(400, "InvalidContactType", "no such contact type")
    key = rules.types[contact_type]
    value = given.get(key)
    if not isinstance(value, str) or not value:
        raise RequestRefusedError(400, "MissingKey", f"{key} is the key of this contact type")
    _check_chosen(given, refusals)
    known = next(state.find(key, value, contact_type), None)
    if known:
        state.outcomes["known"] += 1
        return known
    if not store or refusals.dropped & set(map(str, given.values())):
        state.outcomes["dropped"] += 1
        return _applied(State(), rules, Contact(id="", contact_type=contact_type), given)
    state.outcomes["created"] += 1
    return _applied(state, rules, state.create(contact_type), given)


def change(
    state: State, rules: Rules, name: str, body: object, refusals: Refusals, *, store: bool
) -> Contact:
    """Change what the body names of a contact. Raises RequestRefusedError."""
    given = _checked(body)
    contact = state.contacts.get(name)
    if contact is None:
        raise RequestRefusedError(404, "ContactNotFound", "contact not found")
    _check_chosen(contact.attributes, refusals)
    if not store or refusals.dropped & set(map(str, contact.attributes.values())):
        state.outcomes["dropped"] += 1
        return contact
    state.outcomes["changed"] += 1
    return _applied(state, rules, contact, given)


def _checked(body: object) -> Mapping[str, object]:
    if not isinstance(body, dict):
        raise RequestRefusedError(400, "InvalidBody", "the body must be an object")
    preferences = body.get("preferences", {})
    if not isinstance(preferences, dict) or set(preferences) - PREFERENCES:
        raise RequestRefusedError(400, "InvalidBody", "preferences are unknown")
    for name, value in body.items():
        if isinstance(value, dict | list) and name not in {"preferences", "consents"}:
            raise RequestRefusedError(400, "InvalidBody", f"{name} must be a plain value")
        if value:
            _check_form(name, value)
    return body


def _check_form(name: str, value: object) -> None:
    code, form = _FORMS.get(name, ("", None))
    if form and not (isinstance(value, str) and form.fullmatch(value)):
        raise RequestRefusedError(400, code, f"{name} has another form")


def _check_chosen(attributes: Mapping[str, object], refusals: Refusals) -> None:
    for name in FINDERS:
        code = refusals.codes.get(str(attributes.get(name)))
        if code:
            raise RequestRefusedError(400, code, "chosen to be refused")


def _applied(state: State, rules: Rules, contact: Contact, given: Mapping[str, object]) -> Contact:
    for name, value in given.items():
        if name == "preferences" and isinstance(value, dict):
            contact.preferences |= value
        elif name == "consents":
            contact.consents = value
        elif name == "contactType" or _COMPUTED.fullmatch(name):
            continue
        elif rules.fields is None or name in rules.fields:
            state.set(contact, name, value)
        else:
            # Ignored, without an error or a warning (section 6).
            state.outcomes["unknown fields"] += 1
    return contact
