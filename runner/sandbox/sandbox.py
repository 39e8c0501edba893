"""The stand-in as a whole: who may call what, the endpoints, and their replies."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import RLock

from runner.sandbox.deletion import delete_users
from runner.sandbox.faults import Fault, Faults
from runner.sandbox.journal import Call, Journal
from runner.sandbox.jsontext import dumps, loads
from runner.sandbox.limits import Meter, RateLimit
from runner.sandbox.lookups import export_users, new_aliases
from runner.sandbox.report import counts
from runner.sandbox.state import RequestRefusedError, Rules, State
from runner.sandbox.subscriptions import get_states, set_states
from runner.sandbox.track import NOTHING_VALID, Refusals, track

API_KEY = "sandbox-key"
# Method, path and permission of every endpoint served.
ENDPOINTS = {
    "/users/track": ("POST", "users.track"),
    "/users/delete": ("POST", "users.delete"),
    "/users/alias/new": ("POST", "users.alias.new"),
    "/users/export/ids": ("POST", "users.export.ids"),
    "/v2/subscription/status/set": ("POST", "subscription.status.set"),
    "/subscription/status/get": ("GET", "subscription.status.get"),
}
PERMISSIONS = frozenset(permission for _, permission in ENDPOINTS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How strict and how large the stand-in is.

    `keys` maps an API key to its permissions; `permission_status` answers a missing one, 401 or
    403 (section 11); `rate_limits` go by path; `keep_requests` are kept with their bodies.
    """

    keys: Mapping[str, frozenset[str]] = field(default_factory=lambda: {API_KEY: PERMISSIONS})
    permission_status: int = 403
    rules: Rules = field(default_factory=Rules)
    max_bytes: int = 4_000_000
    rate_limits: Mapping[str, RateLimit] = field(default_factory=dict)
    keep_requests: int = 100
    clock: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reply: status, JSON body and rate limit headers."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Sandbox:
    """A workspace behind Braze's endpoints. `lock` guards everything it holds."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.lock = RLock()
        self.faults = Faults()
        self.reset()

    def reset(self) -> None:
        """Forget everything: profiles, requests, faults and refusals."""
        with self.lock:
            self.state = State(rules=self.settings.rules, clock=self.settings.clock)
            self.journal = Journal(keep=self.settings.keep_requests)
            self.refusals = Refusals()
            self.faults.clear()
            self._meters = {
                path: Meter(limit=limit, clock=self.settings.clock)
                for path, limit in self.settings.rate_limits.items()
            }

    @property
    def api_key(self) -> str:
        """The first key of the settings."""
        return next(iter(self.settings.keys))

    def counts(self) -> dict[str, object]:
        """Totals over all profiles and requests, as /_sandbox/counts shows them."""
        with self.lock:
            return counts(self.state, self.journal)

    def draw(self, path: str) -> Fault | None:
        """What goes wrong with the next request to a path, if anything."""
        with self.lock:
            return self.faults.draw(path)

    def refuse(
        self, codes: Mapping[str, str] | None = None, *, dropped: frozenset[str] = frozenset()
    ) -> None:
        """Refuse these external_ids with these codes in /users/track, and ignore those."""
        with self.lock:
            self.refusals = Refusals(codes=dict(codes or {}), dropped=dropped)

    def handle(self, call: Call, *, store: bool = True) -> Answer:
        """Answer one request; with `store=False` it changes nothing but the answer is the same."""
        with self.lock:
            endpoint = ENDPOINTS.get(call.path)
            if endpoint is None or endpoint[0] != call.method:
                return _message(404, "Not Found")
            if refused := self._locked_out(call, endpoint[1]):
                return refused
            headers: Mapping[str, str] = {}
            if meter := self._meters.get(call.path):
                allowed, headers = meter.take()
                if not allowed:
                    return _message(429, "Rate limited", headers)
            answer = self._read(call, store=store)
            return Answer(status=answer.status, body=answer.body, headers=headers)

    def _locked_out(self, call: Call, permission: str) -> Answer | None:
        scheme, _, key = call.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or key not in self.settings.keys:
            return _message(401, "Invalid API Key")
        if permission not in self.settings.keys[key]:
            return _message(self.settings.permission_status, "Invalid API Key")
        return None

    def _read(self, call: Call, *, store: bool) -> Answer:
        try:
            if call.method == "GET":
                return self._subscription_states(call)
            media = call.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media != "application/json":
                return _message(415, "Content-Type must be application/json")
            if call.too_large or len(call.body) > self.settings.max_bytes:
                return _message(413, "Request body is too large")
            try:
                body = loads(call.body)
            except ValueError:
                return _json(400, {"error": "The request body is not valid JSON"})
            return self._process(call.path, body, store=store)
        except RequestRefusedError as refused:
            return _message(400, str(refused))

    def _process(self, path: str, body: object, *, store: bool) -> Answer:
        if path == "/users/track":
            return self._track(body, store=store)
        reply: dict[str, object] = {"message": "success"}
        if path == "/users/delete":
            reply["deleted"] = delete_users(self.state, body, store=store)
        elif path == "/users/alias/new":
            reply["aliases_processed"] = new_aliases(self.state, body, store=store)
        elif path == "/users/export/ids":
            reply |= export_users(self.state, body)
        else:
            set_states(self.state, body, store=store)
        return _json(201, reply)

    def _track(self, body: object, *, store: bool) -> Answer:
        result = track(self.state, body, refusals=self.refusals, store=store)
        errors = [
            {"type": entry.type, "input_array": entry.input_array, "index": entry.index}
            for entry in result.errors
        ]
        if not result.accepted:
            return _json(400, {"message": NOTHING_VALID, "errors": errors})
        reply: dict[str, object] = {"message": "success"}
        reply |= {f"{array}_processed": count for array, count in result.accepted.items()}
        return _json(201, reply | ({"errors": errors} if errors else {}))

    def _subscription_states(self, call: Call) -> Answer:
        ids = {
            kind: [value for name, value in call.query if name in {kind, f"{kind}[]"}]
            for kind in ("external_id", "email", "phone")
        }
        group = dict(call.query).get("subscription_group_id", "")
        return _json(200, {"status": get_states(self.state, group, ids), "message": "success"})


def _message(status: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    answer = _json(status, {"message": text})
    return Answer(status=status, body=answer.body, headers=headers or {})


def _json(status: int, value: object) -> Answer:
    return Answer(status=status, body=dumps(value).encode())
