"""Promises of a page that goes to several places: a row is taken only where all of them took it."""

from __future__ import annotations

import json

from runner.destinations.service import Rejection, Settled
from tests.support.bench import OK, Bench, RefusingTransport, ScriptedTransport, reply
from tests.support.destination import service

PATHS = ("/ios", "/android", "/web")
EVENTS = service(repeatable=False)
EVERYONE = frozenset(range(4))


def _naming(*indexes: int) -> bytes:
    return json.dumps({"errors": {str(index): "no" for index in indexes}}).encode()


def test_a_page_goes_to_each_target() -> None:
    """One request a target, each with all rows."""
    transport = ScriptedTransport(OK)
    outcome = Bench(transport).deliver(4, *PATHS)
    assert transport.sent == [["k0", "k1", "k2", "k3"]] * 3
    assert (outcome.requests, outcome.rejections, outcome.doubted) == (3, {}, frozenset())


def test_a_row_that_one_target_refuses_is_refused_and_in_doubt() -> None:
    """The others may hold it, whether they were asked before or after."""
    for script in ([OK, reply(201, _naming(2)), OK], [reply(201, _naming(2)), OK, OK]):
        outcome = Bench(ScriptedTransport(*script)).deliver(4, *PATHS)
        assert set(outcome.rejections) == set(outcome.doubted) == {2}


def test_a_row_that_all_targets_refuse_is_in_no_doubt() -> None:
    """Nobody holds it."""
    outcome = Bench(ScriptedTransport(reply(201, _naming(2)))).deliver(4, *PATHS)
    assert (set(outcome.rejections), outcome.doubted) == ({2}, frozenset())


def test_a_stop_before_the_last_target_leaves_the_doubt() -> None:
    """Rows that one target took are of unknown outcome, not unsent."""
    outcome = Bench(ScriptedTransport(OK, reply(401)), served=EVENTS).deliver(4, *PATHS)
    assert (outcome.unknown, outcome.unsent) == (EVERYONE, frozenset())


def test_a_stop_before_the_first_target_sends_nothing() -> None:
    """All rows are unsent, once."""
    outcome = Bench(ScriptedTransport(reply(401)), served=EVENTS).deliver(4, *PATHS)
    assert (outcome.unsent, outcome.unknown) == (EVERYONE, frozenset())


def test_a_row_that_was_taken_in_part_is_in_doubt() -> None:
    """It is refused, and something of it is there all the same."""
    refused = Settled(rejections={1: Rejection(code="c", reason="r")}, partial=frozenset({1}))
    outcome = Bench(ScriptedTransport(OK), verdict=lambda _, __: refused).deliver(4)
    assert set(outcome.rejections) == outcome.doubted == {1}


def test_each_target_is_halved_for_itself() -> None:
    """A bad row stands alone with each of them."""
    transport = RefusingTransport({"k1"})
    outcome = Bench(transport).deliver(4, "/ios", "/web")
    assert set(outcome.rejections) == {1}
    assert (outcome.doubted, outcome.requests) == (frozenset(), 10)
