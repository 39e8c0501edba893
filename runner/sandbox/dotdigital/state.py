"""What the stand-in for Dotdigital holds: contacts, lists, data fields, and imports at work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


class RequestRefusedError(Exception):
    """A request that is refused: the status, the code of its API, and words."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.code = code


@dataclass(slots=True, kw_only=True, eq=False)
class Contact:
    """One person; identifiers as they were sent, found without regard to case."""

    id: int
    identifiers: dict[str, str] = field(default_factory=dict)
    data_fields: dict[str, object] = field(default_factory=dict)
    channels: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Import:
    """One import; `report` is None until it was worked on, after so many requests."""

    id: str
    contacts: list[Mapping[str, object]]
    left: int
    report: dict[str, object] | None = None


@dataclass(slots=True, kw_only=True)
class State:
    """`fields` maps data fields to their types, `books` the lists to the contacts in them."""

    fields: dict[str, str]
    contacts: dict[int, Contact] = field(default_factory=dict)
    books: dict[int, dict[int, Contact]] = field(default_factory=dict)
    book_names: dict[int, str] = field(default_factory=dict)
    imports: dict[str, Import] = field(default_factory=dict)
    suppressed: set[str] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    _found_by: dict[tuple[str, str], Contact] = field(default_factory=dict)

    def find(self, name: str, value: str) -> Contact | None:
        """The contact with an identifier, if there is one."""
        if name == "contactId":
            return self.contacts.get(int(value)) if value.isdecimal() else None
        return self._found_by.get((name, value.lower()))

    def create(self) -> Contact:
        """Make an empty contact, subscribed to e-mail as those made by API are."""
        contact = Contact(id=len(self.contacts) + 1)
        contact.channels["email"] = {"status": "subscribed"}
        self.contacts[contact.id] = contact
        return contact

    def identify(self, contact: Contact, name: str, value: str) -> None:
        """Give a contact an identifier, in the place of the one of that name."""
        old = contact.identifiers.pop(name, None)
        if old is not None:
            del self._found_by[name, old.lower()]
        contact.identifiers[name] = value
        self._found_by[name, value.lower()] = contact

    def make_book(self, name: str) -> int:
        """Make an empty list and return its number."""
        number = len(self.books) + 1
        self.books[number] = {}
        self.book_names[number] = name
        return number
