"""Dotdigital's stand-in as a whole: who may call what, the endpoints, and their replies."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import unquote

from runner.sandbox import sandbox
from runner.sandbox.dotdigital.contacts import change, submitted, work
from runner.sandbox.dotdigital.state import Contact, RequestRefusedError, State
from runner.sandbox.faults import Fault
from runner.sandbox.journal import Call
from runner.sandbox.jsontext import loads
from runner.sandbox.sandbox import Answer, Sandbox, as_json

API_USER = "apiuser-sandbox@apiconnector.com"
IMPORT = "/contacts/v3/import"
BOOKS = "/v2/address-books"
_IMPORT = re.compile(r"/contacts/v3/import/(?P<id>[^/]+)")
_CONTACT = re.compile(r"/contacts/v3/(?P<name>[^/]+)/(?P<value>[^/]+)")
_MEMBER = re.compile(r"/v2/address-books/(?P<book>[0-9]+)/contacts/(?P<contact>[0-9]+)")
# Everything served, under the name by which requests count.
PLACES: Mapping[str, re.Pattern[str]] = {
    "GET /v2/account-info": re.compile("/v2/account-info"),
    "GET /v2/data-fields": re.compile("/v2/data-fields"),
    f"GET {BOOKS}": re.compile(BOOKS),
    f"POST {BOOKS}": re.compile(BOOKS),
    "DELETE /v2/address-books/{id}/contacts/{contactId}": _MEMBER,
    f"PUT {IMPORT}": re.compile(IMPORT),
    f"GET {IMPORT}/{{importId}}": _IMPORT,
    "GET /contacts/v3/{identifier}/{value}": _CONTACT,
    "PATCH /contacts/v3/{identifier}/{value}": _CONTACT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(sandbox.Settings):
    """The account: its API user, its data fields, and after how many requests an import is done."""

    user: str = API_USER
    fields: Mapping[str, str] = field(default_factory=lambda: {"FIRSTNAME": "String"})
    import_requests: int = 2
    active_imports: int = 25


class Dotdigital(Sandbox):
    """An account behind Dotdigital's endpoints (Dotdigital contract)."""

    title: ClassVar[str] = "Dotdigital"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        super().__init__(self.settings)

    def empty(self) -> None:
        """Start with nobody."""
        self.state = State(fields=dict(self.settings.fields))

    def place(self, path: str) -> str:
        """The first endpoint with such a path, without its method."""
        names = (name for name, form in PLACES.items() if form.fullmatch(path))
        return next(names, f" {path}").partition(" ")[2]

    def counts(self) -> dict[str, object]:
        """Totals over all contacts, lists and requests."""
        with self.lock:
            state = self.state
            return {
                "contacts": len(state.contacts),
                "lists": {state.book_names[id_]: len(book) for id_, book in state.books.items()},
                "imports": len(state.imports),
                "imports_open": sum(each.report is None for each in state.imports.values()),
                "rows": dict(sorted(state.outcomes.items())),
                "requests": self.journal.by_path(),
                "requests_total": self.journal.total,
                "repeats": self.journal.repeats,
            }

    def people(self) -> Sequence[Mapping[str, object]]:
        """Every contact."""
        return [self._view(each) for each in self.state.contacts.values()]

    def named(self, kind: str, value: str, label: str) -> Sequence[Mapping[str, object]]:
        """The contact with an identifier."""
        del label
        found = self.state.find(kind, value)
        return [self._view(found)] if found else []

    def _view(self, contact: Contact) -> Mapping[str, object]:
        books = [id_ for id_, book in self.state.books.items() if contact.id in book]
        return {
            "contactId": contact.id,
            "identifiers": contact.identifiers,
            "dataFields": contact.data_fields,
            "channelProperties": contact.channels,
            "lists": books,
        }

    def refusal(self, status: int, words: str, headers: Mapping[str, str] | None = None) -> Answer:
        """An error of the newer API."""
        told = {"errorCode": f"contacts:http{status}", "description": words}
        return as_json(status, told, headers)

    def misled(self, answer: Answer, fault: Fault) -> Answer:
        """Nothing: an answer is about an import, and a report names contacts, not places."""
        del fault
        return answer

    def locked_out(self, call: Call) -> Answer | None:
        """Basic, by an API user and its password."""
        if not self._endpoint(call):
            return self.refusal(404, "no such endpoint")
        pair = base64.b64encode(f"{self.settings.user}:{self.api_key}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {pair}":
            return self.refusal(401, "the API user or its password is wrong")
        return None

    def _endpoint(self, call: Call) -> str | None:
        named = (name for name in PLACES if name.startswith(f"{call.method} "))
        return next((name for name in named if PLACES[name].fullmatch(call.path)), None)

    def answer(self, call: Call, *, store: bool) -> Answer:
        """Go on with what is at work, then do what is asked."""
        work(self.state, self.refusals)
        body: object = None
        if call.method in {"POST", "PUT", "PATCH"}:
            if refused := self.unreadable(call):
                return refused
            try:
                body = loads(call.body)
            except ValueError:
                return self.refusal(400, "the body is no JSON")
        try:
            return self._served(call, body, store=store)
        except RequestRefusedError as refused_so:
            if refused_so.code.startswith("ERROR_"):
                told = {"message": f"{refused_so}. {refused_so.code}"}
            else:
                told = {"errorCode": refused_so.code, "description": str(refused_so)}
            return as_json(refused_so.status, told)

    def _served(self, call: Call, body: object, *, store: bool) -> Answer:
        serves: dict[str, Callable[[], Answer]] = {
            "GET /v2/account-info": lambda: as_json(200, {"id": 1, "properties": []}),
            "GET /v2/data-fields": self._fields,
            f"GET {BOOKS}": lambda: self._books(dict(call.query)),
            f"POST {BOOKS}": lambda: self._make_book(body, store=store),
            f"PUT {IMPORT}": lambda: self._submit(body, store=store),
            f"GET {IMPORT}/{{importId}}": lambda: self._report(call.path),
        }
        served = serves.get(self._endpoint(call) or "")
        if served:
            return served()
        if found := _MEMBER.fullmatch(call.path):
            return self._remove(int(found["book"]), int(found["contact"]), store=store)
        return self._contact(call, body, store=store)

    def _fields(self) -> Answer:
        fields = self.state.fields.items()
        return as_json(200, [{"name": name, "type": type_} for name, type_ in fields])

    def _books(self, query: Mapping[str, str]) -> Answer:
        first, most = int(query.get("skip", 0)), min(int(query.get("select", 1000)), 1000)
        named = list(self.state.book_names.items())[first : first + most]
        return as_json(200, [{"id": id_, "name": name} for id_, name in named])

    def _make_book(self, body: object, *, store: bool) -> Answer:
        name = body.get("name") if isinstance(body, dict) else None
        if not isinstance(name, str) or not name:
            raise RequestRefusedError(400, "ERROR_PARAMETER_INVALID", "a list needs a name")
        if name in self.state.book_names.values():
            raise RequestRefusedError(400, "ERROR_ADDRESSBOOK_DUPLICATE", "there is such a list")
        number = self.state.make_book(name) if store else len(self.state.books) + 1
        return as_json(201, {"id": number, "name": name})

    def _submit(self, body: object, *, store: bool) -> Answer:
        settings = self.settings
        made = submitted(
            self.state, body, most=settings.active_imports, requests=settings.import_requests
        )
        if not store:
            del self.state.imports[made.id]
        return as_json(202, {"importId": made.id})

    def _report(self, path: str) -> Answer:
        made = self.state.imports.get(path.rpartition("/")[2])
        if made is None:
            raise RequestRefusedError(404, "contacts:importNotFound", "no such import")
        return as_json(200, made.report or {"importId": made.id, "status": "NotFinished"})

    def _remove(self, book: int, contact: int, *, store: bool) -> Answer:
        if book not in self.state.books:
            raise RequestRefusedError(404, "ERROR_ADDRESSBOOK_NOT_FOUND", "no such list")
        if contact not in self.state.books[book]:
            raise RequestRefusedError(404, "ERROR_CONTACT_NOT_FOUND", "nobody of that id in it")
        person = self.state.contacts[contact]
        for value in person.identifiers.values():
            if value in self.refusals.codes:
                raise RequestRefusedError(400, f"ERROR_{self.refusals.codes[value]}", "refused")
        if store:
            del self.state.books[book][contact]
        return Answer(status=204, body=b"")

    def _contact(self, call: Call, body: object, *, store: bool) -> Answer:
        found = _CONTACT.fullmatch(call.path)
        name, value = (unquote(part) for part in found.groups()) if found else ("", "")
        contact = self.state.find(name, value)
        if contact is None and (call.method == "GET" or name == "contactId"):
            raise RequestRefusedError(404, "contacts:notFound", "no such contact")
        status = 200 if contact else 201
        if contact is None:
            # An upsert; kept apart unless it is to be stored.
            state = self.state if store else State(fields=self.state.fields)
            contact = state.create()
            state.identify(contact, name, value)
        if call.method == "PATCH" and store:
            change(self.state, contact, body, self.refusals)
        return as_json(status, self._view(contact))
