"""Every service does in every situation what its file says: requests and outcomes, exact."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from runner.destinations.checks import refusal
from runner.destinations.service import Endpoint, Platform, Reply, Service
from tests.contract.descriptions import described, validate
from tests.contract.pushing import push
from tests.contract.situations import SECRET, Situation, all_situations, services, situations_of

SITUATIONS = all_situations()
SENT = [each for each in SITUATIONS if each.refused is None]
REFUSED = [each for each in SITUATIONS if each.refused is not None]


def _name(value: object) -> str:
    return getattr(value, "name", "")


def _mistake(situation: Situation) -> str | None:
    place = situation.platform, situation.service
    return refusal(*place, situation.activation, situation.connection)


class Vendor:
    """Answers only the requests that a situation names, in their order."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.waiting = list(situation.exchanges)

    def __call__(self, endpoint: Endpoint, body: bytes, rows: int) -> Reply:
        assert self.waiting, f"no situation names {endpoint.method} {endpoint.targets}"
        exchange = self.waiting.pop(0)
        assert (endpoint.method, endpoint.targets[0].path) == (exchange.method, exchange.path)
        if isinstance(exchange.body, str):
            assert body.decode() == exchange.body
        else:
            assert _read(body) == _read(json.dumps(exchange.body).encode())
        assert SECRET.encode() not in body
        assert rows <= endpoint.max_rows
        if self.situation.platform.name in described():
            validate(self.situation.platform.name, endpoint.method, endpoint.targets[0].path, body)
        return exchange.reply


def _read(body: bytes) -> object:
    return json.loads(body, parse_float=Decimal)


@pytest.mark.parametrize(("platform", "service"), services(), ids=_name)
def test_has_situations(platform: Platform, service: Service) -> None:
    """No service is without situations, and they cover each of its sync modes."""
    found = situations_of(platform, service)
    modes = {each.activation.sync_mode for each in found if each.refused is None}
    assert modes == set(service.sync_modes)


@pytest.mark.parametrize("situation", SENT, ids=_name)
def test_requests_and_outcomes(situation: Situation) -> None:
    """The requests are those of the situation, and every row ends as it says."""
    assert _mistake(situation) is None
    vendor = Vendor(situation)
    outcomes = push(
        situation.service, situation.activation, situation.connection, situation.rows, vendor
    )
    assert [outcomes[row.ordinal] for row in situation.rows] == list(situation.outcomes)
    assert not vendor.waiting, "a request of the situation was not made"


@pytest.mark.parametrize("situation", SENT, ids=_name)
def test_headers(situation: Situation) -> None:
    """The secret is in one header, and the others are those of the situation."""
    headers = situation.platform.headers(situation.connection)
    assert {key: value for key, value in headers.items() if SECRET not in value} == dict(
        situation.headers
    )
    assert len(headers) == len(situation.headers) + 1


@pytest.mark.parametrize("situation", REFUSED, ids=_name)
def test_refusals(situation: Situation) -> None:
    """A mapping that cannot work is refused in one sentence before anything is sent."""
    assert _mistake(situation) == situation.refused
