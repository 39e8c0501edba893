"""What a service asks before a run: with patience, and never twice what would be made twice."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from runner.destinations.service import (
    Activation,
    Connection,
    Preparation,
    Service,
    Target,
)
from runner.errors import ConfigurationError, UnavailableError
from runner.preparing import prepared
from runner.transport import NotSentError, UnknownOutcomeError
from tests.support.bench import Bench, Scripted, Vendor, reply
from tests.support.destination import service

ASK = Target(path="/lists", method="GET")
MAKE = Target(path="/lists", method="POST", opening=b'{"name":', closing=b'"vips"}')


def _steps(activation: Activation, _: Connection) -> Preparation:
    """Find a list, or make it."""
    found = yield ASK
    number = json.loads(found.body) if found else None
    if number == 0:
        raise ConfigurationError("the list is closed.")
    if number is None:
        made = yield MAKE
        number = json.loads(made.body) if made else "to be made"
    return replace(activation, settings={"list": number})


SERVED = replace(service(), prepared=_steps)
ACTIVATION = Activation(
    name="vips",
    service="shop.lists",
    sync_mode="membership",
    identifiers={},
    attributes={},
    settings={},
    nulls="send",
    on_leave="delete",
    in_doubt="hold",
)


def _found(
    *script: Scripted, served: Service = SERVED, dry_run: bool = False
) -> tuple[object, Vendor, Bench]:
    vendor = Vendor(*script, attempts=3)
    bench = Bench(vendor)
    found = prepared(ACTIVATION, served, bench.asker, bench.pause, dry_run=dry_run)
    return found.settings.get("list"), vendor, bench


def test_what_was_found_stands_in_the_settings() -> None:
    """A service that asks nothing is asked nothing."""
    assert _found(reply(200, b"7"))[0] == 7
    found, vendor, _ = _found(reply(200, b"null"), reply(201, b"8"))
    assert (found, vendor.asked) == (8, ["GET /lists", 'POST /lists {"name":"vips"}'])
    found, vendor, _ = _found(reply(200), served=service())
    assert (found, vendor.asked) == (None, [])


@pytest.mark.parametrize(
    "failure", [reply(503), reply(429), NotSentError("x"), UnknownOutcomeError("x")], ids=repr
)
def test_a_question_is_asked_again(failure: Scripted) -> None:
    """It waits between, and gives up in the end."""
    found, vendor, bench = _found(failure, failure, reply(200, b"7"))
    assert (found, len(vendor.asked)) == (7, 3)
    assert bench.now == 1 + 2
    with pytest.raises(UnavailableError, match="gave up after 3 attempts"):
        _found(failure)


def test_what_makes_something_is_repeated_only_where_it_surely_was_not_taken() -> None:
    """Else there would be two of it."""
    found, vendor, _ = _found(reply(200, b"null"), NotSentError("x"), reply(201, b"8"))
    assert (found, len(vendor.asked)) == (8, 3)
    for failure in (reply(503), UnknownOutcomeError("cut")):
        vendor = Vendor(reply(200, b"null"), failure, attempts=3)
        bench = Bench(vendor)
        with pytest.raises(UnavailableError):
            prepared(ACTIVATION, SERVED, bench.asker, bench.pause)
        assert len(vendor.asked) == 2


def test_a_refusal_is_told_at_once() -> None:
    """With what the destination says."""
    with pytest.raises(UnavailableError, match="answered 400 to GET /lists, 'no'"):
        _found(reply(400, b"no"))
    with pytest.raises(UnavailableError, match="refuses the key"):
        _found(reply(401))


def test_a_mapping_that_cannot_work_names_its_activation() -> None:
    """In one sentence."""
    with pytest.raises(ConfigurationError, match=r"^vips: the list is closed\.$"):
        _found(reply(200, b"0"))


def test_a_dry_run_asks_and_makes_nothing() -> None:
    """What would be made is not known yet."""
    found, vendor, _ = _found(reply(200, b"null"), dry_run=True)
    assert (found, vendor.asked) == ("to be made", ["GET /lists"])
