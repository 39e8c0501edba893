"""Promises of sending one page: each row one outcome, retries bounded and announced."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.destinations.service import RateLimit, Reply, Row, Service
from runner.limits import Limiter
from runner.pages import Page
from runner.sending import InDoubt, Outcome, Sender, StoppedError
from runner.transport import NotSentError, Transport, UnknownOutcomeError
from tests.support.destination import SECRET, connection_to, platform, service

OK = Reply(status=201, headers={}, body=b'{"message": "success"}')
Scripted = Reply | Exception


def reply(status: int, body: bytes = b"", **headers: str) -> Reply:
    """An answer; underscores of header names stand for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=body)


class ScriptedTransport(Transport):
    """Answers with a list, the last one again and again; `refuse` answers by the keys sent."""

    def __init__(self, *script: Scripted, **options: object) -> None:
        super().__init__(connection_to("https://shop.example", **options), platform())
        self.script = list(script)
        self.sent: list[list[str]] = []

    def call(self, method: str, path: str, body: bytes) -> Reply:
        """Note the keys and play the next answer."""
        self.sent.append([row["key"] for row in json.loads(body)["rows"]])
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class RefusingTransport(ScriptedTransport):
    """Refuses any page that holds one of the bad keys, as a whole."""

    def __init__(self, bad: set[str]) -> None:
        super().__init__(OK)
        self.bad = bad

    def call(self, method: str, path: str, body: bytes) -> Reply:
        """Answer 400 when a bad key is among the rows."""
        super().call(method, path, body)
        return reply(400, b"bad row") if self.bad & set(self.sent[-1]) else OK


class Bench:
    """A sender whose sleeps only move its clock, and what it announced."""

    def __init__(
        self,
        transport: Transport,
        *,
        served: Service | None = None,
        in_doubt: InDoubt = "hold",
        stop_after: float = math.inf,
    ) -> None:
        self.now = 0.0
        self.stop_after = stop_after
        self.retries: list[tuple[int, float, str]] = []
        rate = RateLimit(requests=1000, seconds=1.0, bucket="all")
        limiter = Limiter(rate, clock=lambda: self.now)
        self.sender = Sender(
            transport,
            platform(),
            served or service(),
            in_doubt,
            retry=lambda attempt, wait, cause: self.retries.append((attempt, wait, cause)),
            pause=self.pause,
            limiter=lambda _: limiter,
            clock=lambda: self.now,
            jitter=lambda _, most: most,
        )

    def pause(self, seconds: float) -> None:
        """Move the clock on; the run stops after a while."""
        self.now += seconds
        if self.now > self.stop_after:
            raise StoppedError

    def deliver(self, count: int = 4) -> Outcome:
        """Send a page of so many rows."""
        return self.sender.deliver(page_of(count))


def page_of(count: int) -> Page:
    """A page with keys k0, k1 and so on."""
    rows = [
        Row(
            ordinal=index + 1,
            operation="insert",
            record_key=f"k{index}",
            identifiers="{}",
            payload="{}",
            row_hash="",
        )
        for index in range(count)
    ]
    target = connection_to("https://shop.example")
    served = service(max_rows=count)
    return Page(
        operation="insert",
        endpoint=served.endpoint(None, target, "insert"),  # type: ignore[arg-type]  # unused there
        rows=rows,
        fragments=[json.dumps({"key": row.record_key}).encode() for row in rows],
        first_ordinal=1,
        last_ordinal=count,
    )


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


def test_the_time_spent_on_a_request_is_bounded() -> None:
    """No wait begins that would end after `retry_seconds`."""
    bench = Bench(ScriptedTransport(reply(500), attempts=50, retry_seconds=20))
    bench.deliver()
    assert bench.now <= 20


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
