"""What every stand-in has: faults, a journal, a rate limit, rows chosen to fail, and a lock."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import ClassVar

from runner.sandbox.faults import Fault, Faults
from runner.sandbox.journal import Call, Journal
from runner.sandbox.jsontext import dumps
from runner.sandbox.limits import Dialect, Meter, RateLimit

API_KEY = "sandbox-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How large the stand-in is, and the key that may do everything.

    `rate_limits` go by path; `keep_requests` are kept with their bodies.
    """

    key: str = API_KEY
    max_bytes: int = 4_000_000
    rate_limits: Mapping[str, RateLimit] = field(default_factory=dict)
    keep_requests: int = 100
    clock: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reply: status, JSON body and headers."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Refusals:
    """Rows chosen to fail: `codes` maps a person's id to the reason, `dropped` are ignored."""

    codes: Mapping[str, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()


class Sandbox(ABC):
    """What one platform keeps behind its endpoints. `lock` guards everything it holds."""

    title: ClassVar[str]
    # Paths whose POST only reads, and those whose answers count rows.
    reading: ClassVar[frozenset[str]] = frozenset()
    counting: ClassVar[frozenset[str]] = frozenset()
    dialect: ClassVar[Dialect] = "seconds"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.lock = RLock()
        self.faults = Faults(counting=self.counting)
        self.reset()

    @property
    def max_bytes(self) -> int:
        """The longest body that is read."""
        return self._settings.max_bytes

    @property
    def clock(self) -> Callable[[], float]:
        """The platform's clock: seconds since 1970."""
        return self._settings.clock

    @property
    def api_key(self) -> str:
        """The key, or password, that may do everything."""
        return self._settings.key

    def reset(self) -> None:
        """Forget everything: people, requests, faults and refusals."""
        with self.lock:
            self.empty()
            self.journal = Journal(keep=self._settings.keep_requests, reading=self.reading)
            self.refusals = Refusals()
            self.faults.clear()
            self._meters = {
                path: Meter(limit=limit, clock=self._settings.clock)
                for path, limit in self._settings.rate_limits.items()
            }

    def draw(self, path: str) -> Fault | None:
        """What goes wrong with the next request to a path, if anything."""
        with self.lock:
            return self.faults.draw(self.place(path))

    def refuse(
        self, codes: Mapping[str, str] | None = None, *, dropped: frozenset[str] = frozenset()
    ) -> None:
        """Refuse these people with these codes where rows are written, and ignore those."""
        with self.lock:
            self.refusals = Refusals(codes=dict(codes or {}), dropped=dropped)

    def handle(self, call: Call, *, store: bool = True) -> Answer:
        """Answer one request; with `store=False` it changes nothing but the answer is the same."""
        with self.lock:
            if refused := self.locked_out(call):
                return refused
            headers: Mapping[str, str] = {}
            if meter := self._meters.get(call.path):
                allowed, headers = meter.take()
                if not allowed:
                    return self.refusal(429, "Rate limited", headers)
            answer = self.answer(call, store=store)
            return Answer(status=answer.status, body=answer.body, headers=headers)

    def unreadable(self, call: Call) -> Answer | None:
        """Why the body of a request is not read: it is not called JSON, or is too long."""
        media = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            return self.refusal(415, "Content-Type must be application/json")
        if call.too_large or len(call.body) > self.max_bytes:
            return self.refusal(413, "Request body is too large")
        return None

    def place(self, path: str) -> str:
        """What requests to a path count under: the path, unless it holds somebody's id."""
        return path

    @abstractmethod
    def empty(self) -> None:
        """Start with nobody."""

    @abstractmethod
    def locked_out(self, call: Call) -> Answer | None:
        """The answer to a request for no endpoint, or without the right key; None lets it in."""

    @abstractmethod
    def answer(self, call: Call, *, store: bool) -> Answer:
        """Answer a request that was let in; with `store=False` nothing is kept."""

    @abstractmethod
    def refusal(self, status: int, words: str, headers: Mapping[str, str] | None = None) -> Answer:
        """An error as the platform words it."""

    @abstractmethod
    def misled(self, answer: Answer, fault: Fault) -> Answer:
        """A success that says too much (`unknown_rows`) or too little (`fewer_counts`)."""

    @abstractmethod
    def counts(self) -> dict[str, object]:
        """Totals over all people and requests, as /_sandbox/counts shows them."""

    @abstractmethod
    def people(self) -> Sequence[Mapping[str, object]]:
        """Everybody, for JSON."""

    @abstractmethod
    def named(self, kind: str, value: str, label: str) -> Sequence[Mapping[str, object]]:
        """Those with an identifier: several may share an email."""


def as_json(status: int, value: object, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer whose body is this value."""
    return Answer(status=status, body=dumps(value).encode(), headers=headers or {})
