"""Whatever goes wrong on the way, with every service: no row is lost, and none passes for sent.

Each situation that is a plain success is played again, with something else in the place of the
first answer to a request that changes anything.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import pytest

from runner.destinations.service import Reply
from runner.transport import NotSentError, UnknownOutcomeError
from tests.contract.bodies import readable
from tests.contract.pushing import Outcome, push
from tests.contract.situations import Situation, all_situations, services
from tests.contract.vendors import asked_before

Broken = Reply | Exception
PLAYED = [each for each in all_situations() if each.succeeds]
# A file system gives no answers, though it may fail.
SUCCESSES = [each for each in PLAYED if not each.platform.schemes]
EVENTS = [each for each in SUCCESSES if not each.service.repeatable]
PAGE = Reply(status=200, headers={"content-type": "text/html"}, body=b"<!doctype html><p>Back soon")
UNKNOWN: list[Broken] = [
    Reply(status=500, headers={}, body=b"{}"),
    Reply(status=503, headers={}, body=b"upstream"),
    UnknownOutcomeError("no answer in time"),
]
NOT_TAKEN: list[Broken] = [
    Reply(status=429, headers={}, body=b"{}"),
    NotSentError("no connection"),
]
REFUSED: list[Broken] = [
    Reply(status=401, headers={}, body=b"{}"),
    Reply(status=403, headers={}, body=b"{}"),
    Reply(status=307, headers={"location": "/other"}, body=b""),
]


class Vendor:
    """Answers as the situation does, in whatever order it is asked, but for the first change."""

    def __init__(self, situation: Situation, broken: Broken) -> None:
        self.broken: Broken | None = broken
        self.changes: list[tuple[str, str, bytes]] = []
        self.known: dict[tuple[str, str, str], list[Reply]] = defaultdict(list)
        for each in situation.exchanges:
            body = each.body if isinstance(each.body, str) else json.dumps(each.body)
            self.known[each.method, each.path, _form(body)].append(each.reply)
        self.preparing = {each.path for each in asked_before(situation)}

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        del headers
        if method != "GET" and path not in self.preparing:
            self.changes.append((method, path, body))
            broken, self.broken = self.broken, None
            if isinstance(broken, Exception):
                raise broken
            if broken:
                return broken
        replies = self.known[method, path, _form(readable(path, body).decode())]
        return replies.pop(0) if len(replies) > 1 else replies[0]


def _form(body: str) -> str:
    try:
        return json.dumps(json.loads(body), sort_keys=True)
    except ValueError:  # no body, or a file of another form
        return body


def _played(situation: Situation, broken: Broken, attempts: int) -> tuple[list[Outcome], Vendor]:
    vendor = Vendor(situation, broken)
    outcomes = push(
        situation.platform,
        situation.service,
        situation.activation,
        situation.connection,
        situation.rows,
        vendor,
        attempts=attempts,
    )
    return [outcomes[row.ordinal] for row in situation.rows], vendor


def _first_sent(situation: Situation, outcomes: list[Outcome]) -> Outcome:
    """What became of the first row that went out."""
    at = list(situation.outcomes).index("acknowledged")
    return outcomes[at]


def _failures(answers: list[Broken]) -> list[tuple[Situation, Broken]]:
    """Every situation with each of the answers and failures that may come in its place."""
    return [
        (situation, broken)
        for situation in PLAYED
        for broken in answers
        if not situation.platform.schemes or isinstance(broken, Exception)
    ]


def _id(value: object) -> str:
    return value.name if isinstance(value, Situation) else repr(value)[:60]


@pytest.mark.parametrize(("situation", "broken"), _failures(NOT_TAKEN), ids=_id)
def test_what_was_surely_not_taken_is_sent_again(situation: Situation, broken: Broken) -> None:
    """The same request, and every row ends as it would have."""
    outcomes, vendor = _played(situation, broken, 2)
    assert outcomes == list(situation.outcomes)
    assert vendor.changes[0] == vendor.changes[1]


@pytest.mark.parametrize(("situation", "broken"), _failures(UNKNOWN), ids=_id)
def test_what_may_have_been_taken_is_sent_again_where_that_is_harmless(
    situation: Situation, broken: Broken
) -> None:
    """Else its rows are in doubt, and nothing is repeated."""
    outcomes, vendor = _played(situation, broken, 2)
    if situation.service.repeatable:
        assert outcomes == list(situation.outcomes)
        assert vendor.changes[0] == vendor.changes[1]
    else:
        assert _first_sent(situation, outcomes) == "unknown"
        assert vendor.changes.count(vendor.changes[0]) == 1


@pytest.mark.parametrize("situation", EVENTS, ids=_id)
@pytest.mark.parametrize("broken", UNKNOWN, ids=_id)
def test_an_event_that_may_have_been_taken_is_sent_again_where_the_user_says_so(
    situation: Situation, broken: Broken
) -> None:
    """The same request, and every event ends as it would have."""
    decided = replace(situation, activation=replace(situation.activation, in_doubt="resend"))
    outcomes, vendor = _played(decided, broken, 2)
    assert outcomes == list(situation.outcomes)
    assert vendor.changes[0] == vendor.changes[1]


@pytest.mark.parametrize("situation", SUCCESSES, ids=_id)
@pytest.mark.parametrize("broken", REFUSED, ids=_id)
def test_a_refused_key_acknowledges_and_repeats_nothing(
    situation: Situation, broken: Broken
) -> None:
    """No row of that request counts as sent or as refused for what it holds."""
    outcomes, vendor = _played(situation, broken, 2)
    assert _first_sent(situation, outcomes) == "unknown"
    assert vendor.changes.count(vendor.changes[0]) == 1


@pytest.mark.parametrize("situation", SUCCESSES, ids=_id)
def test_a_page_with_status_200_is_no_answer(situation: Situation) -> None:
    """A proxy that says to come back later has taken nothing, as far as anyone knows."""
    outcomes, _ = _played(situation, PAGE, 1)
    assert _first_sent(situation, outcomes) == "unknown"


def test_every_service_is_played() -> None:
    """What the tests above are made from holds every service, and every one that gives answers."""
    assert {each.service.name for each in PLAYED} == {service.name for _, service in services()}
    answering = {service.name for platform, service in services() if not platform.schemes}
    assert {each.service.name for each in SUCCESSES} == answering
