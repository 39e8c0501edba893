"""What the stand-in for Voyado holds: a tenant's contacts, found by what they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

# What a contact is found by; `customKey` stands for one of them.
FINDERS = ("email", "mobilePhone", "socialSecurityNumber", "externalId")


class RequestRefusedError(Exception):
    """A request that Voyado refuses: the status, its code, and words."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.code = code


@dataclass(slots=True, kw_only=True, eq=False)
class Contact:
    """One person of one contact type."""

    id: str
    contact_type: str
    attributes: dict[str, object] = field(default_factory=dict)
    preferences: dict[str, object] = field(default_factory=dict)
    consents: object = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class State:
    """`outcomes` counts what became of writes: created, known (left as it was), changed, dropped.

    Change a contact through `set`, which keeps it findable.
    """

    contacts: dict[str, Contact] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    _found_by: dict[tuple[str, str], dict[str, Contact]] = field(default_factory=dict)

    def create(self, contact_type: str = "Member") -> Contact:
        """Make an empty contact."""
        number = len(self.contacts) + 1
        contact = Contact(id=str(UUID(int=number)), contact_type=contact_type)
        self.contacts[contact.id] = contact
        return contact

    def set(self, contact: Contact, name: str, value: object) -> None:
        """Set an attribute; null and an empty text clear it (section 6)."""
        old = contact.attributes.pop(name, None)
        if name in FINDERS and isinstance(old, str):
            del self._found_by[name, old.lower()][contact.id]
        if value is None or value == "":
            return
        contact.attributes[name] = value
        if name in FINDERS and isinstance(value, str):
            self._found_by.setdefault((name, value.lower()), {})[contact.id] = contact

    def find(self, name: str, value: str, contact_type: str | None) -> Iterator[Contact]:
        """Every contact that holds this, of one type or of any."""
        for contact in self._found_by.get((name, value.lower()), {}).values():
            if contact_type in {None, contact.contact_type}:
                yield contact
