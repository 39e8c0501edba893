"""The stand-in for Voyado is as strict as its contract (sections 1 to 6)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from runner.sandbox import API_KEY, Answer, Call
from runner.sandbox.voyado import Settings, Voyado

CONTACTS = "/api/v3/contacts"
LOOKUP = f"{CONTACTS}/id"
HEADERS = {"content-type": "application/json", "apikey": API_KEY, "user-agent": "test/1"}


@pytest.fixture
def voyado() -> Voyado:
    """A tenant with two contact types."""
    return Voyado(Settings(types={"Member": "email", "B2B": "externalId"}))


def ask(voyado: Voyado, method: str, path: str, body: object = None, **headers: str) -> Answer:
    """Send one request."""
    where, _, query = path.partition("?")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    call = Call(
        method=method,
        path=where,
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers={**HEADERS, **named},
        body=b"" if body is None else json.dumps(body).encode(),
    )
    return voyado.handle(call)


def told(answer: Answer) -> Any:  # noqa: ANN401 - JSON
    """What an answer says."""
    return json.loads(answer.body)


def look_up(voyado: Voyado, **query: str) -> Answer:
    """Ask for a contact's id."""
    return ask(voyado, "GET", f"{LOOKUP}?{urlencode(query)}")


def create(voyado: Voyado, **fields: object) -> str:
    """Create a contact and return its id."""
    answer = ask(voyado, "POST", CONTACTS, fields)
    assert answer.status == 201, answer
    return str(told(answer)["id"])


def test_a_contact_is_created_found_read_and_changed(voyado: Voyado) -> None:
    """Only what is named changes; null and an empty text clear; case does not matter."""
    name = create(voyado, email="Ana@example.org", firstName="Ana", city="Lund")
    assert told(look_up(voyado, email="ana@EXAMPLE.org", contactType="Member")) == name
    changed = ask(
        voyado,
        "PATCH",
        f"{CONTACTS}/{name}",
        {"firstName": None, "city": "", "score": 1.5, "preferences": {"acceptsSms": True}},
    )
    assert told(changed) == told(ask(voyado, "GET", f"{CONTACTS}/{name}"))
    assert told(changed)["attributes"] == {"email": "Ana@example.org", "score": 1.5}
    assert told(changed)["preferences"] == {"acceptsSms": True}


def test_a_contact_is_found_by_what_it_holds_now(voyado: Voyado) -> None:
    """A changed address finds nobody under the old one."""
    name = create(voyado, email="a@example.org")
    ask(voyado, "PATCH", f"{CONTACTS}/{name}", {"email": "b@example.org"})
    assert look_up(voyado, email="a@example.org").status == 404
    assert told(look_up(voyado, email="b@example.org")) == name


def test_a_second_contact_of_a_key_is_the_first_one_unchanged(voyado: Voyado) -> None:
    """U4: neither an error nor an update."""
    first = create(voyado, email="a@example.org", firstName="A")
    assert create(voyado, email="a@example.org", firstName="B") == first
    assert voyado.state.contacts[first].attributes["firstName"] == "A"
    assert voyado.counts()["writes"] == {"created": 1, "known": 1}


def test_two_types_with_one_address_are_ambiguous(voyado: Voyado) -> None:
    """409 with a type that is not named, and never the first one."""
    create(voyado, email="a@example.org")
    second = create(voyado, contactType="B2B", externalId="x", email="a@example.org")
    assert look_up(voyado, email="a@example.org").status == 409
    assert told(look_up(voyado, email="a@example.org", contactType="B2B")) == second
    assert told(look_up(voyado, customKey="x")) == second


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "InvalidSearchQuery"),
        ({"email": "a@example.org", "mobilePhone": "+4612345678"}, 400, "InvalidSearchQuery"),
        ({"name": "a"}, 400, "InvalidSearchQuery"),
        ({"email": "nonsense"}, 400, "InvalidEmailAddress"),
        ({"mobilePhone": "0701234567"}, 400, "InvalidPhoneNumber"),
        ({"email": "a@example.org", "contactType": "Nobody"}, 400, "InvalidContactType"),
        ({"email": "a@example.org"}, 404, "ContactNotFound"),
    ],
)
def test_look_ups_that_find_nobody(
    voyado: Voyado, query: dict[str, str], status: int, code: str
) -> None:
    """Section 4, row by row."""
    answer = look_up(voyado, **query)
    assert (answer.status, told(answer)["errorCode"]) == (status, code)


@pytest.mark.parametrize(
    "fields",
    [
        {"firstName": "A"},
        {"email": "nonsense"},
        {"email": "a@example.org", "contactType": "Nobody"},
        {"email": "a@example.org", "birthDay": "1.1.1990"},
        {"email": "a@example.org", "address": {"city": "Lund"}},
        {"email": "a@example.org", "preferences": {"acceptsFax": True}},
        ["a"],
    ],
)
def test_contacts_that_cannot_be(voyado: Voyado, fields: object) -> None:
    """400, and nobody is created."""
    assert ask(voyado, "POST", CONTACTS, fields).status == 400
    assert not voyado.people()


def test_a_field_that_the_tenant_lacks_is_ignored_in_silence() -> None:
    """Section 6: no error, no warning; computed fields and the type neither."""
    voyado = Voyado(Settings(fields={"email", "firstName"}))
    name = create(voyado, email="a@example.org", firstname="A")
    ask(voyado, "PATCH", f"{CONTACTS}/{name}", {"age": 7, "contactType": "B2B", "firstName": "A"})
    assert voyado.people()[0]["attributes"] == {"email": "a@example.org", "firstName": "A"}
    assert voyado.people()[0]["meta"] == {"contactType": "Member"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", f"{LOOKUP}?email=a@example.org", {"apikey": "other"}, 401),
        ("GET", f"{LOOKUP}?email=a@example.org", {"user_agent": ""}, 400),
        ("POST", CONTACTS, {"content_type": "text/plain"}, 500),
        ("PUT", f"{CONTACTS}/1", {}, 404),
        ("DELETE", f"{CONTACTS}/1", {}, 404),
        ("PATCH", f"{CONTACTS}/1", {}, 404),
        ("POST", "/api/v2/contacts", {}, 404),
    ],
)
def test_who_may_call_what(
    voyado: Voyado, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """The key, a caller's name, and JSON that is called so."""
    body = {"email": "a@example.org"} if method != "GET" else None
    assert ask(voyado, method, path, body, **headers).status == status
    assert not voyado.people()


def test_rows_chosen_to_fail(voyado: Voyado) -> None:
    """One is refused, another one taken and forgotten, whether it is known or not."""
    voyado.refuse({"a@example.org": "NotNow"}, dropped=frozenset({"b@example.org"}))
    refused = ask(voyado, "POST", CONTACTS, {"email": "a@example.org"})
    assert (refused.status, told(refused)["errorCode"]) == (400, "NotNow")
    assert ask(voyado, "POST", CONTACTS, {"email": "b@example.org"}).status == 201
    assert not voyado.people()
    voyado.refuse()
    name = create(voyado, email="b@example.org")
    voyado.refuse(dropped=frozenset({"b@example.org"}))
    assert ask(voyado, "PATCH", f"{CONTACTS}/{name}", {"firstName": "B"}).status == 200
    assert voyado.named("contactId", name, "")[0]["attributes"] == {"email": "b@example.org"}


def test_a_contact_counts_under_one_place(voyado: Voyado) -> None:
    """Requests are not counted for each contact apart."""
    assert voyado.place(f"{CONTACTS}/6f1c") == f"{CONTACTS}/{{contactId}}"
    assert voyado.place(LOOKUP) == LOOKUP
