"""Promises of sending one page: each row one outcome, retries bounded and announced."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.delivery import Outcome
from runner.destinations.braze.replies import reader
from runner.destinations.service import RateLimit
from runner.sending import InDoubt
from runner.transport import NotSentError, UnknownOutcomeError
from tests.support.bench import (
    OK,
    Bench,
    RefusingTransport,
    Scripted,
    ScriptedTransport,
    reply,
)
from tests.support.destination import SECRET, service

EVENTS = service(repeatable=False)
UNKNOWN: list[Scripted] = [
    reply(408),
    reply(425),
    reply(500),
    reply(503),
    reply(200, b"<html>"),
    UnknownOutcomeError("cut"),
]
NOT_TAKEN: list[Scripted] = [reply(429), NotSentError("no connection")]


@pytest.mark.parametrize("failure", UNKNOWN + NOT_TAKEN, ids=repr)
def test_a_passing_failure_is_tried_again_and_announced(failure: Scripted) -> None:
    """A repeatable page goes through at the next attempt."""
    bench = Bench(ScriptedTransport(failure, OK))
    outcome = bench.deliver()
    assert (outcome.rejections, outcome.unknown, outcome.unsent) == ({}, frozenset(), frozenset())
    assert (outcome.requests, outcome.retries, outcome.status) == (2, 1, 201)
    assert [(attempt, wait) for attempt, wait, _ in bench.retries] == [(1, 1.0)]


def test_back_off_doubles_and_attempts_are_bounded() -> None:
    """Six attempts by default, with waits that double; then the run stops with a sentence."""
    bench = Bench(ScriptedTransport(reply(500)))
    outcome = bench.deliver()
    assert [wait for _, wait, _ in bench.retries] == [1, 2, 4, 8, 16]
    assert outcome.requests == 6
    assert outcome.unknown == frozenset(range(4))
    assert "shop answered 500: gave up after 6 attempts" in str(outcome.cause)


def test_each_wait_is_drawn_by_lot() -> None:
    """So that many runners do not come back at the same moment."""
    bench = Bench(ScriptedTransport(reply(500)), jitter=lambda least, most: (least + most) / 4)
    bench.deliver()
    assert [wait for _, wait, _ in bench.retries] == [0.25, 0.5, 1, 2, 4]


def test_waits_that_a_vendor_names() -> None:
    """They are kept, the last one again and again."""
    bench = Bench(ScriptedTransport(reply(500), attempts=4), waits=(10.0, 30.0))
    bench.deliver()
    assert [wait for _, wait, _ in bench.retries] == [10, 30, 30]


def test_the_time_spent_on_a_request_is_bounded() -> None:
    """No wait begins that would end after `retry_seconds`."""
    bench = Bench(ScriptedTransport(reply(500), attempts=50, retry_seconds=20))
    bench.deliver()
    assert bench.now <= 20


@pytest.mark.parametrize("asked", [None, "0", "1", "49", "50", "51", "299", "300", "301", "3600"])
@pytest.mark.parametrize("attempts", [6, 500])
def test_429_for_ever_ends_in_bounded_time(asked: str | None, attempts: int) -> None:
    """Whatever wait is asked for; each wait is announced, and nothing is in doubt."""
    headers = {"x_ratelimit_retry_after": asked} if asked else {}
    bench = Bench(ScriptedTransport(reply(429, b"", **headers), attempts=attempts))
    outcome = bench.deliver()
    assert bench.now <= 301
    assert outcome.requests <= attempts
    assert outcome.retries == len(bench.retries) == outcome.requests - 1
    assert (outcome.unsent, outcome.unknown) == (frozenset(range(4)), frozenset())
    assert "over its rate limit (429): gave up after" in str(outcome.cause)


def test_waiting_for_the_first_turn_is_no_retry() -> None:
    """A slow limit leaves the time for retries as it is."""
    slow = RateLimit(requests=1, seconds=400.0, bucket="slow")
    bench = Bench(ScriptedTransport(OK, reply(503), OK), rate=slow)
    bench.deliver()
    outcome = bench.deliver()
    assert bench.now > 800
    assert (outcome.requests, outcome.cause) == (2, None)


def test_a_request_counts_for_the_rate_limit_from_when_it_left() -> None:
    """One that was held up after its turn, by a slow connection say, holds up the next one."""
    rate = RateLimit(requests=1, seconds=10, bucket="made-up")
    bench = Bench(ScriptedTransport(replace(OK, left_at=5.0)), rate=rate)
    bench.deliver()
    bench.deliver()
    assert bench.now == pytest.approx(15, abs=0.5)


def test_a_wait_that_was_asked_for_is_kept() -> None:
    """A 429 with a time holds the request back that long."""
    bench = Bench(ScriptedTransport(reply(429, x_ratelimit_retry_after="12"), OK))
    outcome = bench.deliver()
    assert bench.retries == [(1, 12.0, "shop is over its rate limit (429).")]
    assert bench.now >= 12
    assert outcome.cause is None


def test_a_wait_beyond_the_bound_ends_the_run_at_once() -> None:
    """Asked to wait an hour, the run stops and says so; nothing was taken."""
    bench = Bench(ScriptedTransport(reply(429, x_ratelimit_retry_after="3600")))
    outcome = bench.deliver()
    assert outcome.requests == 1
    assert outcome.unsent == frozenset(range(4))
    assert "asks to wait 3600 s" in str(outcome.cause)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, r"refuses the key \(401, 'key \*\*\* unknown'\).*permission users\.track"),
        (403, r"refuses the key \(403.*permission users\.track"),
        (404, r"does not know POST /track \(404\): check url https://shop\.example"),
        (302, r"redirects POST /track \(302\), which is not followed"),
        (415, r"answered 415 to POST /track"),
    ],
)
def test_what_no_repeat_can_mend_stops_at_once(status: int, words: str) -> None:
    """One request, no retry, a sentence with the cure, and no secret that the answer echoed."""
    bench = Bench(ScriptedTransport(reply(status, f"key {SECRET} unknown".encode())))
    outcome = bench.deliver()
    assert (outcome.requests, bench.retries) == (1, [])
    assert outcome.unsent == frozenset(range(4))
    with pytest.raises(Exception, match=words) as caught:
        raise outcome.cause or AssertionError
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("failure", UNKNOWN, ids=repr)
def test_an_event_of_unknown_outcome_is_not_repeated_under_hold(failure: Scripted) -> None:
    """One request; its rows are in doubt and the run stops."""
    bench = Bench(ScriptedTransport(failure, OK), served=EVENTS, in_doubt="hold")
    outcome = bench.deliver()
    assert outcome.requests == 1
    assert outcome.unknown == frozenset(range(4))
    assert outcome.cause is not None


@pytest.mark.parametrize("failure", UNKNOWN, ids=repr)
def test_an_event_of_unknown_outcome_is_left_at_that_under_skip(failure: Scripted) -> None:
    """One request; its rows are settled as skipped and the run goes on."""
    bench = Bench(ScriptedTransport(failure, OK), served=EVENTS, in_doubt="skip")
    outcome = bench.deliver()
    assert outcome.requests == 1
    assert outcome.skipped == frozenset(range(4))
    assert outcome.cause is None


@pytest.mark.parametrize("failure", UNKNOWN, ids=repr)
def test_an_event_of_unknown_outcome_is_repeated_under_resend(failure: Scripted) -> None:
    """It is sent again as anything repeatable."""
    bench = Bench(ScriptedTransport(failure, OK), served=EVENTS, in_doubt="resend")
    assert bench.deliver() == Outcome(rejections={}, status=201, requests=2, retries=1)


@pytest.mark.parametrize("failure", NOT_TAKEN, ids=repr)
@pytest.mark.parametrize("policy", ["hold", "skip"])
def test_an_event_that_was_surely_not_taken_is_tried_again(
    failure: Scripted, policy: InDoubt
) -> None:
    """A 429 and a failed connection leave no doubt, whatever the policy."""
    bench = Bench(ScriptedTransport(failure, OK), served=EVENTS, in_doubt=policy)
    assert bench.deliver() == Outcome(rejections={}, status=201, requests=2, retries=1)


def test_a_401_after_an_unknown_outcome_leaves_the_doubt() -> None:
    """That a key is refused now does not say that the first request was not taken."""
    bench = Bench(ScriptedTransport(reply(500), reply(401)), served=EVENTS, in_doubt="resend")
    assert bench.deliver().unknown == frozenset(range(4))


def test_a_stopping_run_sends_nothing_more() -> None:
    """A page that waits when the run stops is known not to be sent, without a cause of its own."""
    bench = Bench(ScriptedTransport(reply(429, x_ratelimit_retry_after="9"), OK), stop_after=5)
    outcome = bench.deliver()
    assert (outcome.requests, outcome.cause) == (1, None)
    assert outcome.unsent == frozenset(range(4))


@pytest.mark.parametrize(
    "script",
    [
        [UnknownOutcomeError("cut"), reply(413), reply(401)],
        [reply(201, b'{"message": "success", "attributes_processed": 3}'), reply(401)],
        [reply(500), reply(400), reply(429)],
    ],
    ids=repr,
)
def test_the_halves_of_a_page_in_doubt_are_in_doubt(script: Sequence[Scripted]) -> None:
    """That the second request is refused does not say that the first one was not taken."""
    verdict = reader("attributes", repeatable=True)
    outcome = Bench(ScriptedTransport(*script, attempts=2), verdict=verdict).deliver(4)
    assert (outcome.unknown, outcome.unsent) == (frozenset(range(4)), frozenset())


@pytest.mark.parametrize("rows", [1, 4])
def test_a_row_that_is_not_counted_may_have_been_taken(rows: int) -> None:
    """A count that is too small settles nothing: a mirror must be able to delete the record."""
    verdict = reader("attributes", repeatable=True)
    uncounted = reply(201, b'{"message": "success", "attributes_processed": 0}')
    outcome = Bench(ScriptedTransport(uncounted), verdict=verdict).deliver(rows)
    assert set(outcome.rejections) == outcome.doubted == set(range(rows))


def test_a_stop_amid_retries_leaves_the_doubt() -> None:
    """The first request may have been taken, though the second one never left."""
    bench = Bench(ScriptedTransport(reply(503), OK), stop_after=0.5)
    outcome = bench.deliver()
    assert (outcome.requests, outcome.retries, outcome.cause) == (1, 0, None)
    assert (outcome.unknown, outcome.unsent) == (frozenset(range(4)), frozenset())


def test_an_answer_that_names_rows_which_were_not_sent_is_not_believed() -> None:
    """It is an unknown outcome, not a half-believed one."""
    odd = reply(201, b'{"errors": {"4": "no"}}')
    bench = Bench(ScriptedTransport(odd), served=EVENTS)
    outcome = bench.deliver(4)
    assert (outcome.rejections, outcome.unknown) == ({}, frozenset(range(4)))
    assert "rows that were not sent" in str(outcome.cause)


def test_refused_rows_keep_the_destinations_words_without_secrets() -> None:
    """Named rows are rejected with their reason, the others are acknowledged."""
    named = reply(201, json.dumps({"errors": {"2": f"bad {SECRET}"}}).encode())
    outcome = Bench(ScriptedTransport(named)).deliver()
    assert {index: why.reason for index, why in outcome.rejections.items()} == {2: "bad ***"}


@settings(max_examples=60, deadline=None)
@given(count=st.integers(1, 75), bad=st.sets(st.integers(0, 74)))
def test_a_refused_page_is_halved_until_the_bad_rows_stand_alone(count: int, bad: set[int]) -> None:
    """Exactly the bad rows are rejected, every other row is sent once and accepted."""
    there = {index for index in bad if index < count}
    transport = RefusingTransport({f"k{index}" for index in there})
    outcome = Bench(transport).deliver(count)
    assert set(outcome.rejections) == there
    assert all(why.reason == "bad row" for why in outcome.rejections.values())
    accepted = [key for keys in transport.sent if not transport.bad & set(keys) for key in keys]
    assert sorted(accepted) == sorted(f"k{index}" for index in set(range(count)) - there)


def test_one_bad_row_costs_about_two_requests_a_halving() -> None:
    """One bad row among 64 is found with thirteen requests."""
    transport = RefusingTransport({"k37"})
    assert Bench(transport).deliver(64).requests == 2 * 6 + 1


def test_a_stop_amid_halves_parts_taken_from_unsent_rows() -> None:
    """What was taken before the key was refused is acknowledged, the rest was not sent."""
    script = [reply(413), OK, reply(401)]
    outcome = Bench(ScriptedTransport(*script), served=EVENTS).deliver(4)
    assert outcome.unsent == frozenset({2, 3})
    assert outcome.rejections == {}


def test_a_row_refused_in_the_second_half_is_that_row() -> None:
    """The destination counts from the first row of its request, not of the page."""
    named = reply(201, b'{"errors": {"0": "no"}}')
    outcome = Bench(ScriptedTransport(reply(413), OK, named), served=EVENTS).deliver(4)
    assert set(outcome.rejections) == {2}
