"""Every service does in every situation what its file says: requests and outcomes, exact."""

from __future__ import annotations

import pytest

from runner.destinations.checks import refusal
from runner.destinations.service import Platform, Rejection, Service
from tests.contract.pushing import push
from tests.contract.situations import Situation, all_situations, services, situations_of
from tests.contract.vendors import Exact

SITUATIONS = all_situations()
SENT = [each for each in SITUATIONS if each.refused is None]
REFUSED = [each for each in SITUATIONS if each.refused is not None]


def _name(value: object) -> str:
    return getattr(value, "name", "")


def _mistake(situation: Situation) -> str | None:
    place = situation.platform, situation.service
    return refusal(*place, situation.activation, situation.connection)


@pytest.mark.parametrize(("platform", "service"), services(), ids=_name)
def test_has_situations(platform: Platform, service: Service) -> None:
    """No service is without situations, and they cover each of its sync modes."""
    found = situations_of(platform, service)
    modes = {each.activation.sync_mode for each in found if each.refused is None}
    assert modes == set(service.sync_modes)


@pytest.mark.parametrize(("platform", "service"), services(), ids=_name)
def test_situations_refuse_one_row_and_all(platform: Platform, service: Service) -> None:
    """In one situation the vendor refuses a row among others, in one it refuses all of several."""
    own = bool(platform.schemes)
    outcomes = [each.outcomes for each in situations_of(platform, service)]
    refused = [[_is_refused(one, own=own) for one in each] for each in outcomes]
    assert any(
        any(one) and "acknowledged" in each for one, each in zip(refused, outcomes, strict=True)
    )
    assert any(all(one) and len(one) > 1 for one in refused)


def _is_refused(outcome: str | Rejection, *, own: bool) -> bool:
    """Whether the vendor refused a row; or it was refused here, where no one answers who could."""
    return isinstance(outcome, Rejection) and outcome.code.startswith("TAILRACE_") is own


@pytest.mark.parametrize("situation", SENT, ids=_name)
def test_requests_and_outcomes(situation: Situation) -> None:
    """The requests are those of the situation, and every row ends as it says."""
    assert _mistake(situation) is None
    vendor = Exact(situation)
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
