"""Stand-ins for a vendor: they answer as the situations of its service say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal

from runner.destinations.service import Reply
from tests.contract.bodies import readable
from tests.contract.descriptions import described, validate
from tests.contract.situations import SECRET, Exchange, Situation

Answer = Callable[[str, str, bytes], Reply]


class Exact:
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


class Answering:
    """Answers what is asked beforehand as the situation does, and whatever is sent with `answer`.

    `asked` and `sent` hold the paths of either.
    """

    def __init__(self, situation: Situation, answer: Answer) -> None:
        self.asked: list[str] = []
        self.sent: list[str] = []
        self._before = list(asked_before(situation))
        self._answer = answer

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        for each in self._before:
            if (method, path) == (each.method, each.path):
                self.asked.append(path)
                return each.reply
        self.sent.append(path)
        return self._answer(method, path, body)


def asked_before(situation: Situation) -> Iterator[Exchange]:
    """What a service asks before anything is sent, with the situation's answers."""
    if situation.service.prepared is None:
        return
    steps = situation.service.prepared(situation.activation, situation.connection)
    with suppress(StopIteration):
        target = next(steps)
        while True:
            found = next(
                each
                for each in situation.exchanges
                if (each.method, each.path) == (target.method, target.path)
            )
            yield found
            target = steps.send(found.reply)


def nothing(method: str, path: str, body: bytes) -> Reply:
    """The answer where nothing is to be sent."""
    raise AssertionError(f"{method} {path} was sent: {body!r}")


def _read(body: bytes) -> object:
    return json.loads(body, parse_float=Decimal)
