"""Voyado's stand-in as a whole: who may call what, the endpoints, and their replies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import unquote

from runner.sandbox import sandbox
from runner.sandbox.faults import Fault
from runner.sandbox.journal import Call
from runner.sandbox.jsontext import loads
from runner.sandbox.sandbox import Answer, Sandbox, as_json
from runner.sandbox.voyado.contacts import Rules, change, create, look_up
from runner.sandbox.voyado.state import Contact, RequestRefusedError, State

CONTACTS = "/api/v3/contacts"
LOOKUP = f"{CONTACTS}/id"
ONE = f"{CONTACTS}/{{contactId}}"
_ONE = re.compile(rf"{CONTACTS}/(?P<id>[^/]+)")
METHODS = {CONTACTS: {"POST"}, LOOKUP: {"GET"}, ONE: {"GET", "PATCH"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(sandbox.Settings):
    """How the tenant is set up: see `Rules`; `silent`: the answer to a change is empty."""

    types: Mapping[str, str] = field(default_factory=lambda: {"Member": "email"})
    fields: Collection[str] | None = None
    silent: bool = False


class Voyado(Sandbox):
    """A tenant behind Voyado's endpoints for contacts (Voyado contract)."""

    title: ClassVar[str] = "Voyado"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.rules = Rules(types=self.settings.types, fields=self.settings.fields)
        super().__init__(self.settings)

    def empty(self) -> None:
        """Start with nobody."""
        self.state = State()

    def place(self, path: str) -> str:
        """Contacts have no counts of their own."""
        return ONE if path != LOOKUP and _ONE.fullmatch(path) else path

    def counts(self) -> dict[str, object]:
        """Totals over all contacts and requests."""
        with self.lock:
            contacts = self.state.contacts.values()
            attributes = Counter(name for each in contacts for name in each.attributes)
            return {
                "contacts": len(contacts),
                "attributes": dict(sorted(attributes.items())),
                "writes": dict(sorted(self.state.outcomes.items())),
                "requests": self.journal.by_path(),
                "requests_total": self.journal.total,
                "repeats": self.journal.repeats,
            }

    def people(self) -> Sequence[Mapping[str, object]]:
        """Every contact."""
        return [_view(each) for each in self.state.contacts.values()]

    def named(self, kind: str, value: str, label: str) -> Sequence[Mapping[str, object]]:
        """The contact with this id, or those that hold this."""
        del label
        if kind == "contactId":
            found = [self.state.contacts[value]] if value in self.state.contacts else []
        else:
            found = list(self.state.find(kind, value, None))
        return [_view(each) for each in found]

    def refusal(self, status: int, words: str, headers: Mapping[str, str] | None = None) -> Answer:
        """An error with a message."""
        return as_json(status, {"errorCode": f"Http{status}", "message": words}, headers)

    def misled(self, answer: Answer, fault: Fault) -> Answer:
        """Nothing: no answer names or counts rows."""
        del fault
        return answer

    def locked_out(self, call: Call) -> Answer | None:
        """Only with a key, and a name of the caller."""
        if call.method not in METHODS.get(self.place(call.path), ()):
            return self.refusal(404, "no such endpoint")
        if call.headers.get("apikey") != self.api_key:
            return self.refusal(401, "the key is invalid")
        return None if call.headers.get("user-agent") else self.refusal(400, "no User-Agent")

    def answer(self, call: Call, *, store: bool) -> Answer:
        """Look up, read, create or change."""
        try:
            if call.method == "GET":
                return self._read(call)
            # Voyado's own answer to a body that is not called JSON (section 1).
            if self.unreadable(call):
                return self.refusal(500, "an error has occurred")
            try:
                body = loads(call.body)
            except ValueError:
                return self.refusal(400, "the body is no JSON")
            return self._write(call.path, body, store=store)
        except RequestRefusedError as refused:
            told = {"errorCode": refused.code, "message": str(refused)}
            return as_json(refused.status, told)

    def _read(self, call: Call) -> Answer:
        if call.path == LOOKUP:
            query = dict(call.query)
            if len(query) < len(call.query):
                raise RequestRefusedError(400, "InvalidSearchQuery", "a name stands twice")
            return as_json(200, look_up(self.state, self.rules, query))
        contact = self.state.contacts.get(_id_in(call.path))
        if contact is None:
            raise RequestRefusedError(404, "ContactNotFound", "contact not found")
        return as_json(200, _view(contact))

    def _write(self, path: str, body: object, *, store: bool) -> Answer:
        if path == CONTACTS:
            contact = create(self.state, self.rules, body, self.refusals, store=store)
            return as_json(201, _view(contact))
        name = _id_in(path)
        contact = change(self.state, self.rules, name, body, self.refusals, store=store)
        return (
            Answer(status=204, body=b"") if self.settings.silent else as_json(200, _view(contact))
        )


def _id_in(path: str) -> str:
    return unquote(path.rpartition("/")[2])


def _view(contact: Contact) -> Mapping[str, object]:
    return {
        "id": contact.id,
        "attributes": contact.attributes,
        "meta": {"contactType": contact.contact_type},
        "preferences": contact.preferences,
        "consents": contact.consents,
    }
