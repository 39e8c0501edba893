"""Batch's stand-in as a whole: who may call what, the endpoints of both generations, replies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import unquote

from runner.sandbox import sandbox
from runner.sandbox.batch.contacts import write_contacts
from runner.sandbox.batch.profiles import OLDEST_SECONDS, edit_profiles
from runner.sandbox.batch.state import RequestRefusedError, State
from runner.sandbox.faults import Fault
from runner.sandbox.journal import Call
from runner.sandbox.jsontext import loads
from runner.sandbox.sandbox import Answer, Sandbox, as_json

_CONTACTS = re.compile(r"/1\.0/(?P<app>[^/]+)/data/users")
_PROFILES = re.compile(r"/2\.[0-9]{1,2}/profiles/(?P<call>update|mass-update)")
# An index that no page reaches.
BEYOND = 10_000
ACCEPTED = 202
# Batch contract, sections 1 and 3.
_CODES = {
    400: "MALFORMED_PARAMETER",
    401: "AUTHENTICATION_INVALID",
    403: "API_MISUSE",
    404: "ROUTE_NOT_FOUND",
    429: "TOO_MANY_REQUESTS",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(sandbox.Settings):
    """The keys of the company's apps and of its project, and how old an event may be."""

    app_keys: tuple[str, ...] = ("sandbox-ios", "sandbox-android")
    project_key: str = "project_sandbox"
    oldest_event_seconds: float = OLDEST_SECONDS


class Batch(Sandbox):
    """A company's apps and project behind Batch's endpoints (Batch contract)."""

    title: ClassVar[str] = "Batch"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        super().__init__(self.settings)

    def empty(self) -> None:
        """Start with nobody."""
        self.state = State.of(self.settings.app_keys)

    def counts(self) -> dict[str, object]:
        """Totals over all people and requests."""
        with self.lock:
            profiles = self.state.profiles.values()
            attributes = Counter(name for each in profiles for name in each.attributes)
            return {
                "contacts": {key: len(held) for key, held in self.state.apps.items()},
                "profiles": len(profiles),
                "attributes": dict(sorted(attributes.items())),
                "events": sum(len(each.events) for each in profiles),
                "rows": dict(sorted(self.state.outcomes.items())),
                "requests": self.journal.by_path(),
                "requests_total": self.journal.total,
                "repeats": self.journal.repeats,
            }

    def people(self) -> Sequence[Mapping[str, object]]:
        """Everybody with a Custom ID in an app or in the project."""
        known = {name for held in self.state.apps.values() for name in held}
        return [self._view(name) for name in sorted(known | set(self.state.profiles))]

    def named(self, kind: str, value: str, label: str) -> Sequence[Mapping[str, object]]:
        """Whoever has this Custom ID."""
        del label
        everybody = self.people() if kind == "custom_id" else ()
        return [person for person in everybody if person["custom_id"] == value]

    def _view(self, name: str) -> Mapping[str, object]:
        profile = self.state.profiles.get(name)
        return {
            "custom_id": name,
            "apps": {key: held[name] for key, held in self.state.apps.items() if name in held},
            "attributes": profile.attributes if profile else None,
            "events": profile.events if profile else [],
        }

    def refusal(self, status: int, words: str, headers: Mapping[str, str] | None = None) -> Answer:
        """An error with its code and message."""
        code = _CODES.get(status, "SERVER_ERROR")
        return as_json(status, {"error_code": code, "error_message": words}, headers)

    def misled(self, answer: Answer, fault: Fault) -> Answer:
        """Name an edit that was not sent, where edits are named."""
        told = loads(answer.body)
        if fault.kind != "unknown_rows" or not isinstance(told, dict) or "code" not in told:
            return answer
        error = {"category": "edit", "bulk_index": BEYOND, "reason": "no such edit"}
        return as_json(ACCEPTED, {"code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": [error]})

    def locked_out(self, call: Call) -> Answer | None:
        """Each generation has its own header for the key."""
        if call.method == "POST" and (found := _CONTACTS.fullmatch(call.path)):
            if call.headers.get("x-authorization") != self.api_key:
                return self.refusal(401, "the key is invalid")
            return (
                None
                if unquote(found["app"]) in self.state.apps
                else self.refusal(404, "no such app")
            )
        if call.method == "POST" and _PROFILES.fullmatch(call.path):
            if call.headers.get("authorization") != f"Bearer {self.api_key}":
                return self.refusal(401, "the key is invalid")
            mine = call.headers.get("x-batch-project") == self.settings.project_key
            return None if mine else self.refusal(403, "the key is not for this project")
        return self.refusal(404, "no such route")

    def answer(self, call: Call, *, store: bool) -> Answer:
        """Check the request as such, then what it asks for."""
        if refused := self.unreadable(call):
            return refused
        try:
            body = loads(call.body)
        except ValueError:
            return self.refusal(400, "the body is no JSON")
        try:
            return self._process(call.path, body, store=store)
        except RequestRefusedError as refused_whole:
            return self.refusal(400, str(refused_whole))

    def _process(self, path: str, body: object, *, store: bool) -> Answer:
        if found := _CONTACTS.fullmatch(path):
            write_contacts(self.state, unquote(found["app"]), body, self.refusals, store=store)
            return as_json(ACCEPTED, {"token": "00000000-0000-4000-8000-000000000000"})
        call = path.rpartition("/")[2]
        span = (self.clock() - self.settings.oldest_event_seconds, self.clock())
        errors = edit_profiles(self.state, call, body, self.refusals, span, store=store)
        if not errors:
            return as_json(ACCEPTED, {"code": "SUCCESS"})
        return as_json(ACCEPTED, {"code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": errors})
