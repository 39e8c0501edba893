"""Whatever goes wrong on the way, with every service: no row is lost, and none passes for sent.

Each situation that is a plain success is played again, with something else in the place of the
first answer to a request that changes anything.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress

import pytest

from runner.destinations.service import Reply
from runner.transport import NotSentError, UnknownOutcomeError
from tests.contract.bodies import readable
from tests.contract.pushing import Outcome, push
from tests.contract.situations import Situation, all_situations

Broken = Reply | Exception
SUCCESSES = [each for each in all_situations() if each.succeeds and not each.platform.schemes]
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
        self.preparing = set(self._prepared(situation))

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

    def _prepared(self, situation: Situation) -> Iterator[str]:
        """The paths of what is asked before anything is sent."""
        if situation.service.prepared is None:
            return
        steps = situation.service.prepared(situation.activation, situation.connection)
        with suppress(StopIteration):
            target = next(steps)
            while True:
                yield target.path
                body = (target.opening + target.closing).decode()
                target = steps.send(self.known[target.method, target.path, _form(body)][0])


def _form(body: str) -> str:
    return json.dumps(json.loads(body), sort_keys=True) if body else ""


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


def _id(value: object) -> str:
    return value.name if isinstance(value, Situation) else repr(value)[:60]


@pytest.mark.parametrize("situation", SUCCESSES, ids=_id)
@pytest.mark.parametrize("broken", NOT_TAKEN, ids=_id)
def test_what_was_surely_not_taken_is_sent_again(situation: Situation, broken: Broken) -> None:
    """The same request, and every row ends as it would have."""
    outcomes, vendor = _played(situation, broken, 2)
    assert outcomes == list(situation.outcomes)
    assert vendor.changes[0] == vendor.changes[1]


@pytest.mark.parametrize("situation", SUCCESSES, ids=_id)
@pytest.mark.parametrize("broken", UNKNOWN, ids=_id)
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
