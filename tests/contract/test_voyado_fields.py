"""A field that a Voyado tenant does not have is noticed, whatever its answers hold."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest

from runner.destinations import platforms
from runner.destinations.service import Rejection, Reply
from runner.sandbox import API_KEY, Call
from runner.sandbox.voyado import Settings, Voyado
from tests.contract.pushing import Outcome, push
from tests.contract.situations import activation_of, connection_to, row_of

PEOPLE = ("ana@example.org", "bo@example.org", "cy@example.org")


def pushed(
    tenant: Voyado, attributes: Mapping[str, object]
) -> tuple[dict[int, Outcome], list[str]]:
    """Change people whom the tenant knows; the outcomes, and the methods that were called."""
    platform = platforms()["voyado"]
    (service,) = platform.services
    for person in PEOPLE:
        tenant.state.set(tenant.state.create(), "email", person)
    called: list[str] = []

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        where = urlsplit(path)
        named = {"apikey": API_KEY, "user-agent": "t", "content-type": "application/json"}
        query = tuple(parse_qsl(where.query))
        call = Call(
            method=method, path=where.path, query=query, headers={**headers, **named}, body=body
        )
        called.append(method)
        answer = tenant.handle(call)
        return Reply(status=answer.status, headers=answer.headers, body=answer.body)

    activation = activation_of(
        service,
        sync_mode="upsert",
        identifiers={"email": "email"},
        attributes=dict.fromkeys(attributes, "column"),
    )
    rows = [
        row_of(at, "update", {"email": person}, dict(attributes))
        for at, person in enumerate(PEOPLE, start=1)
    ]
    return push(platform, service, activation, connection_to(platform), rows, send), called


@pytest.mark.parametrize("silent", [False, True], ids=["told", "silent"])
def test_a_misspelt_field_rejects_its_rows(*, silent: bool) -> None:
    """The rest of each row was taken, and the reason names the field."""
    tenant = Voyado(Settings(fields={"email", "firstName"}, silent=silent))
    outcomes, _ = pushed(tenant, {"firstName": "Ana", "fistName": "Ana"})
    for outcome in outcomes.values():
        assert isinstance(outcome, Rejection)
        assert outcome.code == "UNKNOWN_FIELD"
        assert "without `fistName`:" in outcome.reason


def test_a_silent_tenant_is_read_back_once() -> None:
    """A look-up and a change for everyone; the first contact is looked up again, and read."""
    tenant = Voyado(Settings(fields={"email", "firstName"}, silent=True))
    outcomes, called = pushed(tenant, {"firstName": "Ana"})
    assert set(outcomes.values()) == {"acknowledged"}
    assert called == ["GET", "PATCH", "GET", "GET", "GET", "PATCH", "GET", "PATCH"]
