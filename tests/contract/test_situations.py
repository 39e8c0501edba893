"""Every service does in every situation what its file says: requests and outcomes, exact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

import pytest

from runner.destinations.checks import refusal
from runner.destinations.service import Platform, Reply, Service
from tests.contract.bodies import readable
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

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        assert self.waiting, f"no situation names {method} {path}"
        exchange = self.waiting.pop(0)
        assert (method, path) == (exchange.method, exchange.path)
        shared = self.situation.platform.headers(self.situation.connection)
        shown = {name: text.replace(SECRET, "***") for name, text in {**shared, **headers}.items()}
        assert shown == self.situation.headers
        body = readable(path, body)
        if isinstance(exchange.body, str):
            assert body.decode() == exchange.body
        else:
            assert _read(body) == _read(json.dumps(exchange.body).encode())
        assert SECRET.encode() not in body
        if self.situation.platform.name in described():
            validate(self.situation.platform.name, method, path, body)
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
        situation.platform,
        situation.service,
        situation.activation,
        situation.connection,
        situation.rows,
        vendor,
    )
    assert [outcomes[row.ordinal] for row in situation.rows] == list(situation.outcomes)
    assert not vendor.waiting, "a request of the situation was not made"


@pytest.mark.parametrize("situation", REFUSED, ids=_name)
def test_refusals(situation: Situation) -> None:
    """A mapping that cannot work is refused in one sentence before anything is sent."""
    assert _mistake(situation) == situation.refused
    assert not str(situation.refused).endswith(".")
