"""Contacts and imports without HTTP (Dotdigital contract, sections 2 to 5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from runner.sandbox.dotdigital.state import Contact, Import, RequestRefusedError, State
from runner.sandbox.sandbox import Refusals

_OPTIONS = {"overwrite", "overwriteIfNotEmpty", "overwriteIfEmpty"}
_PARTS = {"matchIdentifier", "identifiers", "dataFields", "channelProperties", "lists"}
_FORMS = {
    "email": ("invalidEmail", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
    "mobileNumber": ("invalidMobileNumber", re.compile(r"[1-9][0-9]{5,14}")),
}
_TYPES: Mapping[str, tuple[type, ...]] = {
    "String": (str,),
    "Numeric": (int, float, Decimal),
    "Boolean": (bool,),
    "Date": (str,),
}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
LONGEST = 1000


class RowFailedError(Exception):
    """One contact of an import fails; the text is the code of the failure."""


def submitted(state: State, body: object, *, most: int, requests: int) -> Import:
    """Take an import to work on. Raises RequestRefusedError."""
    contacts = body.get("contacts") if isinstance(body, dict) else None
    if not isinstance(body, dict) or body.get("mergeOption", "overwrite") not in _OPTIONS:
        raise RequestRefusedError(400, "contacts:badJson", "the merge option is unknown")
    if not isinstance(contacts, list) or not contacts:
        raise RequestRefusedError(400, "contacts:badJson", "contacts must be an array of some")
    if sum(each.report is None for each in state.imports.values()) >= most:
        raise RequestRefusedError(429, "contacts:tooManyActiveImports", "too many imports")
    for each in contacts:
        if not isinstance(each, dict) or set(each) - _PARTS or "matchIdentifier" not in each:
            raise RequestRefusedError(400, "contacts:badJson", "a contact has other members")
        if not isinstance(each.get("identifiers"), dict):
            raise RequestRefusedError(400, "contacts:badJson", "identifiers must be an object")
    name = f"00000000-0000-4000-8000-{len(state.imports) + 1:012x}"
    made = Import(id=name, contacts=contacts, left=requests)
    state.imports[name] = made
    return made


def work(state: State, refusals: Refusals) -> None:
    """Work on the oldest import that is not done: each request brings it nearer to its end."""
    oldest = next((each for each in state.imports.values() if each.report is None), None)
    if oldest:
        oldest.left -= 1
        if oldest.left <= 0:
            oldest.report = _done(state, oldest, refusals)


def change(state: State, contact: Contact, body: object, refusals: Refusals) -> None:
    """Change what the body names of one contact. Raises RequestRefusedError."""
    if not isinstance(body, dict) or set(body) - (_PARTS - {"matchIdentifier"}):
        raise RequestRefusedError(400, "contacts:badJson", "a contact has other members")
    try:
        _check_chosen(contact.identifiers, refusals)
        _apply(state, contact, body, refusals)
    except RowFailedError as failed:
        status = 409 if str(failed) == "duplicateIdentifier" else 400
        code = "contacts:idAlreadyExists" if status == 409 else f"contacts:{failed}"  # noqa: PLR2004
        raise RequestRefusedError(status, code, "the contact cannot be changed so") from None


def _done(state: State, made: Import, refusals: Refusals) -> dict[str, object]:
    parts: dict[str, list[dict[str, object]]] = {"created": [], "updated": [], "failures": []}
    skipped, seen = 0, set()
    for each in made.contacts:
        name = str(each["matchIdentifier"])
        own: dict[str, object] = dict(each["identifiers"])  # type: ignore[call-overload] # checked
        value = str(own.get(name)).lower()
        try:
            _check_chosen(own, refusals)
            if value in seen:
                raise RowFailedError("duplicateIdentifier")  # noqa: TRY301 - told below
            seen.add(value)
            if value in state.suppressed:
                skipped += 1
                continue
            part, contact = _import(state, name, own, each, refusals)
        except RowFailedError as failed:
            why = {"failureCode": str(failed), "description": "the contact failed"}
            parts["failures"].append(
                {"matchIdentifier": name, "identifiers": own, "failures": [why]}
            )
            continue
        told = {"contactId": contact.id, "identifiers": {**own, **contact.identifiers}}
        parts[part].append(told)
    for part, entries in parts.items():
        state.outcomes[part] += len(entries)
    summary = {
        "newContacts": len(parts["created"]),
        "updatedContacts": len(parts["updated"]),
        "globallySuppressed": skipped,
        "invalidEntries": len(parts["failures"]),
    }
    return {"importId": made.id, "status": "Finished", "summary": summary, **parts}


def _import(
    state: State,
    name: str,
    own: Mapping[str, object],
    given: Mapping[str, object],
    refusals: Refusals,
) -> tuple[str, Contact]:
    if name not in own:
        raise RowFailedError("missingIdentifier")
    known = state.find(name, str(own[name]))
    if known is None:
        if name == "contactId":
            raise RowFailedError("contactNotFound")
        # Checked on nobody first, so that a contact that fails is not made.
        _apply(state, Contact(id=0), given, refusals, store=False)
    contact = known or state.create()
    _apply(state, contact, given, refusals)
    return ("updated" if known else "created"), contact


def _check_chosen(own: Mapping[str, object], refusals: Refusals) -> None:
    for value in own.values():
        code = refusals.codes.get(str(value))
        if code:
            raise RowFailedError(code)


def _apply(
    state: State,
    contact: Contact,
    given: Mapping[str, Any],
    refusals: Refusals,
    *,
    store: bool = True,
) -> None:
    """Check all of a contact, then store it: what fails changes nothing."""
    own = {name: value for name, value in given.get("identifiers", {}).items() if value is not None}
    for name, value in own.items():
        _check_identifier(state, contact, name, value)
    for name, value in given.get("dataFields", {}).items():
        _check_field(state, name, value)
    if any(number not in state.books for number in given.get("lists", ())):
        raise RowFailedError("invalidList")
    if not store or refusals.dropped & set(map(str, own.values())):
        return
    for name, value in own.items():
        if name != "contactId":
            state.identify(contact, name, value)
    for name, value in given.get("dataFields", {}).items():
        if value is None or value == "":
            contact.data_fields.pop(name, None)
        else:
            contact.data_fields[name] = value
    contact.channels |= given.get("channelProperties", {})
    for number in given.get("lists", ()):
        state.books[number][contact.id] = contact


def _check_identifier(state: State, contact: Contact, name: str, value: object) -> None:
    if name == "contactId":
        return
    code, form = _FORMS.get(name, ("invalidIdentifier", re.compile(r".{1,256}", re.DOTALL)))
    if not isinstance(value, str) or not form.fullmatch(value):
        raise RowFailedError(code)
    owner = state.find(name, value)
    if owner is not None and owner is not contact:
        raise RowFailedError("duplicateIdentifier")


def _check_field(state: State, name: str, value: object) -> None:
    if name not in state.fields:
        raise RowFailedError("unknownDataField")
    type_ = state.fields[name]
    if value is None:
        return
    fits = isinstance(value, _TYPES[type_]) and (type_ == "Boolean" or not isinstance(value, bool))
    long = isinstance(value, str) and len(value) > LONGEST
    if not fits or long or (type_ == "Date" and not _DATE.fullmatch(str(value))):
        raise RowFailedError("invalidDataField")
