"""The stand-in for Dotdigital is as strict as its contract (sections 1 to 6)."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from runner.sandbox import API_KEY, Answer, Call
from runner.sandbox.dotdigital import Dotdigital, Settings
from runner.sandbox.dotdigital.workspace import API_USER

IMPORT = "/contacts/v3/import"
BOOKS = "/v2/address-books"
BASIC = base64.b64encode(f"{API_USER}:{API_KEY}".encode()).decode()
HEADERS = {"content-type": "application/json", "authorization": f"Basic {BASIC}"}
FIELDS = {"NAME": "String", "LTV": "Numeric", "VIP": "Boolean", "SINCE": "Date"}


@pytest.fixture
def account() -> Dotdigital:
    """An account whose imports are done at the second request after."""
    return Dotdigital(Settings(fields=FIELDS, import_requests=2, active_imports=2))


def ask(account: Dotdigital, method: str, path: str, body: object = None, **more: Any) -> Answer:  # noqa: ANN401
    """Send one request."""
    where, _, query = path.partition("?")
    content = b"" if body is None else json.dumps(body).encode()
    headers = {**HEADERS, **more}
    query_pairs = tuple(parse_qsl(query))
    call = Call(method=method, path=where, query=query_pairs, headers=headers, body=content)
    return account.handle(call)


def told(answer: Answer) -> Any:  # noqa: ANN401 - JSON
    """What an answer says."""
    return json.loads(answer.body)


def person(email: str, **more: object) -> dict[str, object]:
    """A contact of an import."""
    return {"matchIdentifier": "email", "identifiers": {"email": email}, **more}


def imported(account: Dotdigital, *contacts: object) -> Any:  # noqa: ANN401 - JSON
    """Import and ask until the report comes."""
    answer = ask(account, "PUT", IMPORT, {"mergeOption": "overwrite", "contacts": list(contacts)})
    assert answer.status == 202, answer
    path = f"{IMPORT}/{told(answer)['importId']}"
    assert told(ask(account, "GET", path))["status"] == "NotFinished"
    return told(ask(account, "GET", path))


def test_an_import_creates_and_changes_once_it_was_worked_on(account: Dotdigital) -> None:
    """Only the fields that are sent are touched; null clears; case does not matter."""
    report = imported(account, person("Ana@x.org", dataFields={"NAME": "Ana", "LTV": 1.5}))
    assert (report["status"], report["summary"]["newContacts"]) == ("Finished", 1)
    report = imported(account, person("ana@X.org", dataFields={"NAME": None, "VIP": True}))
    assert report["summary"]["updatedContacts"] == 1
    (contact,) = account.people()
    assert contact["dataFields"] == {
        "LTV": account.state.contacts[1].data_fields["LTV"],
        "VIP": True,
    }
    assert contact["channelProperties"] == {"email": {"status": "subscribed"}}


@pytest.mark.parametrize(
    ("contact", "code"),
    [
        (person("nonsense"), "invalidEmail"),
        (person("a@x.org", dataFields={"NOPE": 1}), "unknownDataField"),
        (person("a@x.org", dataFields={"LTV": "1"}), "invalidDataField"),
        (person("a@x.org", dataFields={"LTV": True}), "invalidDataField"),
        (person("a@x.org", dataFields={"SINCE": "2026-01-01"}), "invalidDataField"),
        (person("a@x.org", dataFields={"NAME": "n" * 1001}), "invalidDataField"),
        (person("a@x.org", lists=[7]), "invalidList"),
        ({"matchIdentifier": "contactId", "identifiers": {"contactId": 9}}, "contactNotFound"),
        (
            {"matchIdentifier": "email", "identifiers": {"mobileNumber": "447123123"}},
            "missingIdentifier",
        ),
    ],
)
def test_a_contact_that_fails_stands_in_the_report(
    account: Dotdigital, contact: dict[str, object], code: str
) -> None:
    """The others go through, and nobody is made of one that fails."""
    report = imported(account, contact, person("b@x.org"))
    assert [each["failures"][0]["failureCode"] for each in report["failures"]] == [code]
    assert list(account.named("email", "b@x.org", "")) == list(account.people())


def test_one_person_twice_and_an_identifier_of_another(account: Dotdigital) -> None:
    """Both are duplicates."""
    report = imported(account, person("a@x.org"), person("A@x.org"))
    assert len(report["failures"]) == 1
    taken = {"matchIdentifier": "crm", "identifiers": {"crm": "1", "email": "a@x.org"}}
    assert imported(account, taken)["failures"][0]["failures"][0]["failureCode"] == (
        "duplicateIdentifier"
    )


def test_the_suppressed_are_counted_and_not_named(account: Dotdigital) -> None:
    """They stand in none of the three arrays."""
    account.state.suppressed.add("a@x.org")
    report = imported(account, person("a@x.org"))
    assert report["summary"]["globallySuppressed"] == 1
    assert report["created"] == report["updated"] == report["failures"] == []


def test_imports_are_worked_on_in_their_order(account: Dotdigital) -> None:
    """Two at work are one too many for a third."""
    body = {"contacts": [person("a@x.org")]}
    first, second, third = (ask(account, "PUT", IMPORT, body) for _ in range(3))
    assert (first.status, second.status, third.status) == (202, 202, 202)
    assert account.state.imports[told(first)["importId"]].report is not None
    assert ask(account, "PUT", IMPORT, body).status == 429


@pytest.mark.parametrize(
    "body",
    [[], {"contacts": []}, {"mergeOption": "merge", "contacts": [person("a@x.org")]},
     {"contacts": [{"identifiers": {}}]}, {"contacts": [person("a@x.org", more=1)]}],
)  # fmt: skip
def test_an_import_that_is_malformed_is_refused_whole(account: Dotdigital, body: object) -> None:
    """400, and nothing is worked on."""
    answer = ask(account, "PUT", IMPORT, body)
    assert (answer.status, told(answer)["errorCode"]) == (400, "contacts:badJson")


def test_lists_are_made_filled_and_left(account: Dotdigital) -> None:
    """Whoever leaves one stays a contact; whoever is not in it is not found in it."""
    number = told(ask(account, "POST", BOOKS, {"name": "VIPs", "visibility": "Private"}))["id"]
    assert told(ask(account, "GET", f"{BOOKS}?select=1000&skip=0")) == [
        {"id": number, "name": "VIPs"}
    ]
    assert (
        "ERROR_ADDRESSBOOK_DUPLICATE"
        in told(ask(account, "POST", BOOKS, {"name": "VIPs"}))["message"]
    )
    imported(account, person("a@x.org", lists=[number]))
    assert account.people()[0]["lists"] == [number]
    member = f"{BOOKS}/{number}/contacts/1"
    assert ask(account, "DELETE", member).status == 204
    assert "ERROR_CONTACT_NOT_FOUND" in told(ask(account, "DELETE", member))["message"]
    gone = told(ask(account, "DELETE", f"{BOOKS}/9/contacts/1"))
    assert "ERROR_ADDRESSBOOK_NOT_FOUND" in gone["message"]
    assert account.people()[0]["lists"] == []


def test_one_contact_is_read_and_changed(account: Dotdigital) -> None:
    """A change by e-mail of nobody makes somebody; by number it does not."""
    assert ask(account, "GET", "/contacts/v3/email/a%40x.org").status == 404
    assert ask(account, "PATCH", "/contacts/v3/contactId/1", {"dataFields": {}}).status == 404
    made = ask(account, "PATCH", "/contacts/v3/email/a%40x.org", {"dataFields": {"NAME": "A"}})
    assert made.status == 201
    changed = ask(account, "PATCH", "/contacts/v3/contactId/1", {"dataFields": {"NAME": "B"}})
    assert (changed.status, told(changed)["dataFields"]) == (200, {"NAME": "B"})
    imported(account, person("b@x.org"))
    taken = {"identifiers": {"email": "b@x.org"}}
    assert ask(account, "PATCH", "/contacts/v3/contactId/1", taken).status == 409


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/v2/account-info", {"authorization": "Basic bm9ib2R5"}, 401),
        ("GET", "/v2/account-info", {}, 200),
        ("GET", "/v2/data-fields", {}, 200),
        ("DELETE", "/contacts/v3/email/a%40x.org", {}, 404),
        ("POST", IMPORT, {}, 404),
        ("PUT", IMPORT, {"content-type": "text/plain"}, 415),
        ("GET", f"{IMPORT}/nothing", {}, 404),
    ],
)
def test_who_may_call_what(
    account: Dotdigital, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """To erase somebody is not served at all."""
    body = None if method == "GET" else {"contacts": [person("a@x.org")]}
    assert ask(account, method, path, body, **headers).status == status


def test_rows_chosen_to_fail(account: Dotdigital) -> None:
    """One fails in the report, another one is taken and forgotten."""
    account.refuse({"a@x.org": "notNow"}, dropped=frozenset({"b@x.org"}))
    report = imported(account, person("a@x.org"), person("b@x.org"))
    assert report["failures"][0]["failures"][0]["failureCode"] == "notNow"
    assert not account.named("email", "b@x.org", "")


def test_a_contact_counts_under_one_place(account: Dotdigital) -> None:
    """Requests are not counted for each contact or import apart."""
    assert account.place(f"{IMPORT}/1") == f"{IMPORT}/{{importId}}"
    assert account.place("/contacts/v3/email/a%40x.org") == "/contacts/v3/{identifier}/{value}"
    assert account.place(BOOKS) == BOOKS
