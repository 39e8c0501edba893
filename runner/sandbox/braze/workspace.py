"""Braze's stand-in as a whole: who may call what, the endpoints, and their replies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from runner.sandbox import sandbox
from runner.sandbox.braze.deletion import delete_users
from runner.sandbox.braze.lookups import export_users, new_aliases
from runner.sandbox.braze.report import profile_view, profiles_named, totals
from runner.sandbox.braze.state import RequestRefusedError, Rules, State
from runner.sandbox.braze.subscriptions import get_states, set_states
from runner.sandbox.braze.track import NOTHING_VALID, track
from runner.sandbox.faults import Fault
from runner.sandbox.journal import Call
from runner.sandbox.jsontext import loads
from runner.sandbox.limits import Dialect
from runner.sandbox.sandbox import API_KEY, Answer, Sandbox, as_json

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


# An index that no page reaches.
BEYOND = 10_000
SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(sandbox.Settings):
    """How strict and how large the stand-in is.

    `keys` maps an API key to its permissions, the first is told; `permission_status` answers a
    missing one, 401 or 403 (section 11).
    """

    keys: Mapping[str, frozenset[str]] = field(default_factory=lambda: {API_KEY: PERMISSIONS})
    permission_status: int = 403
    rules: Rules = field(default_factory=Rules)


class Braze(Sandbox):
    """A workspace behind Braze's endpoints (Braze contract)."""

    title: ClassVar[str] = "Braze"
    reading: ClassVar[frozenset[str]] = frozenset({"/users/export/ids"})
    counting: ClassVar[frozenset[str]] = frozenset({"/users/track", "/users/delete"})
    dialect: ClassVar[Dialect] = "standard"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        super().__init__(self.settings)

    @property
    def api_key(self) -> str:
        """The first key of the settings."""
        return next(iter(self.settings.keys))

    def empty(self) -> None:
        """Start with nobody."""
        self.state = State(rules=self.settings.rules, clock=self.settings.clock)

    def counts(self) -> dict[str, object]:
        """Totals over all profiles and requests."""
        with self.lock:
            return totals(self.state, self.journal)

    def people(self) -> Sequence[Mapping[str, object]]:
        """Every profile."""
        return [profile_view(person) for person in self.state]

    def named(self, kind: str, value: str, label: str) -> Sequence[Mapping[str, object]]:
        """The profiles with an identifier."""
        return [profile_view(each) for each in profiles_named(self.state, kind, value, label)]

    def refusal(self, status: int, words: str, headers: Mapping[str, str] | None = None) -> Answer:
        """An error with a message."""
        return as_json(status, {"message": words}, headers)

    def misled(self, answer: Answer, fault: Fault) -> Answer:
        """Name an index that was not sent, or count no row (all but one if `processed`)."""
        told = loads(answer.body)
        if answer.status not in SUCCESS or not isinstance(told, dict):
            return answer
        if fault.kind == "unknown_rows":
            told["errors"] = [{"type": "no such row", "index": BEYOND}]
        else:
            for name in told:
                if name == "deleted" or name.endswith("_processed"):
                    told[name] = told[name] - 1 if fault.processed else 0
        return as_json(answer.status, told, answer.headers)

    def locked_out(self, call: Call) -> Answer | None:
        """Only what is served, and only with a key that may do it."""
        endpoint = ENDPOINTS.get(call.path)
        if endpoint is None or endpoint[0] != call.method:
            return self.refusal(404, "Not Found")
        scheme, _, key = call.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or key not in self.settings.keys:
            return self.refusal(401, "Invalid API Key")
        if endpoint[1] not in self.settings.keys[key]:
            return self.refusal(self.settings.permission_status, "Invalid API Key")
        return None

    def answer(self, call: Call, *, store: bool) -> Answer:
        """Check the request as such, then what it asks for."""
        try:
            if call.method == "GET":
                return self._subscription_states(call)
            if refused := self.unreadable(call):
                return refused
            try:
                body = loads(call.body)
            except ValueError:
                return as_json(400, {"error": "The request body is not valid JSON"})
            return self._process(call.path, body, store=store)
        except RequestRefusedError as refused:
            return self.refusal(400, str(refused))

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
        return as_json(201, reply)

    def _track(self, body: object, *, store: bool) -> Answer:
        result = track(self.state, body, refusals=self.refusals, store=store)
        errors = [
            {"type": entry.type, "input_array": entry.input_array, "index": entry.index}
            for entry in result.errors
        ]
        if not result.accepted:
            return as_json(400, {"message": NOTHING_VALID, "errors": errors})
        reply: dict[str, object] = {"message": "success"}
        reply |= {f"{array}_processed": count for array, count in result.accepted.items()}
        return as_json(201, reply | ({"errors": errors} if errors else {}))

    def _subscription_states(self, call: Call) -> Answer:
        ids = {
            kind: [value for name, value in call.query if name in {kind, f"{kind}[]"}]
            for kind in ("external_id", "email", "phone")
        }
        group = dict(call.query).get("subscription_group_id", "")
        return as_json(200, {"status": get_states(self.state, group, ids), "message": "success"})
