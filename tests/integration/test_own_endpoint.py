"""An endpoint of the user's own, declared in destinations.yml alone."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest
import yaml

from tests.support.destination import Destination, serving
from tests.support.project import OPEN, Project

DECLARED = {
    "platform": "http",
    "path": "/people",
    "body": {"rows": "{{ rows }}"},
    "row": {
        "key": "{{ identifiers.external_id }}",
        "city": "{{ attributes.city }}",
        "score": "{{ attributes.score }}",
    },
    "delete": {"path": "/gone", "row": {"key": "{{ identifiers.external_id }}"}},
    "errors": {"list": "{{ reply.wrong }}", "key": "{{ error.id }}", "reason": "{{ error.why }}"},
    "signature": "hex",
}


@pytest.fixture
def crm(shop: Project) -> Iterator[Destination]:
    """A server, and a connection to it beside the one of the project."""
    file = shop.folder / "destinations.yml"
    before = file.read_text()
    with serving(Destination()) as destination:
        declared = {**DECLARED, "url": destination.url, "token": "a-token", "signing_secret": "s3c"}
        file.write_text(yaml.safe_dump({**yaml.safe_load(before), "crm": declared}))
        yield destination
    file.write_text(before)


def _sent(destination: Destination) -> list[tuple[str, object]]:
    sent = [(each.path, json.loads(each.body)["rows"]) for each in destination.requests]
    destination.requests.clear()
    return sent


def _fill(shop: Project, *people: str) -> None:
    shop.table("raw_members", " union all ".join(f"select {each}" for each in people))


def test_an_endpoint_is_kept_in_step(shop: Project, crm: Destination) -> None:
    """What is new, changed and gone reaches it in the form that its connection declares."""
    names = "as id, {} as city, cast({} as decimal(9, 2)) as score"
    _fill(shop, "'u1' " + names.format("'Rome'", "1.5"), "'u2' " + names.format("'Bonn'", "2"))
    shop.model("members")
    attributes = {"city": "city", "score": "score"}
    shop.activation(
        "crm_people",
        "ref('members')",
        destination="crm",
        service="records",
        sync_mode="mirror",
        attributes=attributes,
        guards=OPEN,
    )
    shop.build("members crm_people")
    shop.push("crm_people")
    (request,) = crm.requests
    assert request.headers["authorization"] == "Bearer a-token"
    code = hmac.new(b"s3c", request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-signature-256"] == f"sha256={code}"
    assert b'"score":1.50' in request.body
    assert _sent(crm) == [
        (
            "/people",
            [
                {"key": "u1", "city": "Rome", "score": 1.5},
                {"key": "u2", "city": "Bonn", "score": 2},
            ],
        )
    ]
    _fill(shop, "'u1' " + names.format("'Oslo'", "1.5"))
    shop.build("members crm_people")
    shop.push("crm_people")
    assert _sent(crm) == [("/people", [{"key": "u1", "city": "Oslo"}]), ("/gone", [{"key": "u2"}])]
    shop.build("members crm_people")
    shop.push("crm_people")
    assert _sent(crm) == []
    shop.remove("crm_people", "members")
