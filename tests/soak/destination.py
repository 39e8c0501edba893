"""A destination that remembers every request, kills whoever sent one, or locks him out.

It lives in the parent, so what it holds survives every child.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from threading import Event
from typing import NamedTuple

from runner.sandbox import Answer
from runner.sandbox.braze import Braze, Settings
from runner.sandbox.journal import Call
from tests.oracle.braze import THE_LIST

# Faults after which the answer still says what became of the rows.
CREDIBLE = (None, "latency")
OK = range(200, 300)
LONGEST_WAIT = 120.0
DEAF = Answer(status=503, body=b"")
FOREIGN: dict[str, dict[str, object]] = {
    "foreign-1": {"word": "theirs"},
    "foreign-2": {"the_list": True},
}


class Item(NamedTuple):
    """What a request asks for one record or event: write, delete, enter, leave, event."""

    what: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that came in: whether it took effect for which items, and was so answered."""

    items: tuple[Item, ...]
    taken: frozenset[Item]
    refused: frozenset[Item]
    answered: bool
    fault: str | None


@dataclass(slots=True, kw_only=True)
class Ambush:
    """What happens at the n-th request.

    Its sender is killed before or after it took effect, or locked out, or has to wait for `gate`.
    """

    request: int
    after: bool = False
    lock_out: bool = False
    gate: Event | None = None
    kill: Callable[[], None] = field(default=lambda: None)
    sprung: bool = False


class Destination(Braze):
    """A stand-in with a long memory; `unexpected` says what nobody should have asked for."""

    def __init__(self) -> None:
        self.ambush: Ambush | None = None
        self.requests = 0
        self._answers: dict[int, Answer] = {}
        self._unheard: set[int] = set()
        self._heard_up_to = 0
        super().__init__(Settings(keep_requests=1_000_000))

    def lie_in_wait(self, ambush: Ambush | None) -> None:
        """Count requests from now on; None: let everybody pass."""
        self.ambush = ambush
        self.requests = 0

    def handle(self, call: Call, *, store: bool = True) -> Answer:
        """Answer, unless the ambush says otherwise."""
        if not store:  # a fault asks what a good answer would have been, and leaves a refusal alone
            answer = super().handle(call, store=store)
            return answer if answer.status in OK else self._remembered(call, answer)
        with self.lock:
            self.requests += 1
            found = self.ambush if self.ambush and self.ambush.request == self.requests else None
        if found is None:
            return self._remembered(call, super().handle(call))
        found.sprung = True
        if found.lock_out:
            stranger = {**call.headers, "authorization": "Bearer nobody"}
            return super().handle(replace(call, headers=stranger))
        if found.gate:
            found.gate.wait(LONGEST_WAIT)
            return self._remembered(call, super().handle(call))
        self._unheard.add(id(call))
        if found.after:
            self._remembered(call, super().handle(call))
        found.kill()
        return DEAF

    def _remembered(self, call: Call, answer: Answer) -> Answer:
        self._answers[id(call)] = answer
        return answer

    def news(self) -> list[Asked]:
        """The requests since the last time, without those that only look."""
        with self.lock:
            entries = [each for each in self.journal.entries if each.number > self._heard_up_to]
            self._heard_up_to = self.journal.total
            asked = []
            for entry in entries:
                key = id(entry.call)
                heard = entry.fault in CREDIBLE and key not in self._unheard
                told = _asked(entry.call, self._answers.get(key), entry.fault, answered=heard)
                if told.items:
                    asked.append(told)
            return asked


def _asked(call: Call, answer: Answer | None, fault: str | None, *, answered: bool) -> Asked:
    items = tuple(_items(call))
    taken: frozenset[Item] = frozenset()
    refused: frozenset[Item] = frozenset()
    if answer is not None:
        body: Mapping[str, object] = json.loads(answer.body or b"{}")
        errors = body.get("errors")
        named = [error["index"] for error in errors] if isinstance(errors, list) else []
        refused = frozenset(items[index] for index in named)
        if answer.status in OK:
            taken = frozenset(items) - refused
    return Asked(items=items, taken=taken, refused=refused, answered=answered, fault=fault)


def _items(call: Call) -> Iterator[Item]:
    if call.path not in {"/users/track", "/users/delete", "/v2/subscription/status/set"}:
        return
    body = json.loads(call.body or b"{}")
    for thing in body.get("attributes") or ():
        member = thing.get(THE_LIST)
        what = "write" if member is None else "enter" if member else "leave"
        yield Item(what, thing["external_id"])
    for thing in body.get("events") or ():
        yield Item("event", thing["properties"]["event_id"])
    for name in body.get("external_ids") or ():
        yield Item("delete", name)
    for group in body.get("subscription_groups") or ():
        what = "enter" if group["subscription_state"] == "subscribed" else "leave"
        yield from (Item(what, name) for name in group["external_ids"])


def befriend(destination: Destination) -> None:
    """Let it hold records that nobody but others wrote."""
    for name, attributes in FOREIGN.items():
        profile = destination.state.create(external_id=name)
        profile.custom_attributes.update(attributes)
        profile.subscriptions["00000000-0000-4000-8000-000000000000"] = "subscribed"


def robbed(destination: Destination) -> list[str]:
    """Which of the others' records are not what they were."""
    held = destination.state.by_external_id
    return [
        name
        for name, attributes in FOREIGN.items()
        if name not in held or held[name].custom_attributes != attributes
    ]
