"""Faults: what may go wrong with a request, drawn from a script or from a seeded generator."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal, get_args

from runner.sandbox.limits import Dialect

FaultKind = Literal[
    "latency",
    "rate_limited",
    "server_error",
    "cut_before",
    "cut_after",
    "cut_during",
    "html",
    "invalid_json",
    "silence",
    "drip_headers",
    "drip_body",
    "unknown_rows",
    "fewer_counts",
    "redirect",
    "unauthorized",
    "forbidden",
    "drop",
]
ALWAYS_PROCESSED = {"latency", "cut_after", "cut_during", "drip_headers", "drip_body"}
NEVER_PROCESSED = {"rate_limited", "cut_before", "redirect", "unauthorized", "forbidden", "drop"}
LONGEST_SECONDS = 300.0


class FaultError(ValueError):
    """A fault is described in a way that cannot be carried out; the text says how to mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong with a request.

    latency: the reply comes `seconds` later · rate_limited: 429 in a `dialect` (None: the
    platform's own), told to wait `seconds` (None: no header) · server_error: `status` 5xx ·
    cut_before, cut_after: the socket closes without a byte, before or after the request was
    processed · cut_during: after half a reply · html: a page with status 200 · invalid_json: half
    a document with status 201 · silence: nothing for `seconds`, then a cut · drip_headers,
    drip_body: that part of a good reply byte by byte, for `seconds` in all · unknown_rows: a
    success that names a row which was not sent · fewer_counts: a success that counts no row, or
    all but one if `processed` · redirect: 307 · unauthorized, forbidden: 401 and 403 · drop: a
    good reply, nothing stored. `processed` says for server_error, html, invalid_json, silence,
    unknown_rows and fewer_counts whether the request took effect; a drip took effect. `path`
    limits the fault to one endpoint, `times` repeats it in a row.
    """

    kind: FaultKind
    seconds: float | None = None
    status: int = 503
    dialect: Dialect | None = None
    processed: bool = False
    path: str | None = None
    times: int = 1

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise FaultError(f"kind must be one of {', '.join(get_args(FaultKind))}")
        if self.dialect is not None and self.dialect not in get_args(Dialect):
            raise FaultError(f"dialect must be one of {', '.join(get_args(Dialect))}")
        if self.seconds is not None and not 0 <= self.seconds <= LONGEST_SECONDS:
            raise FaultError(f"seconds must be between 0 and {LONGEST_SECONDS:g}")
        if not 500 <= self.status <= 599:  # noqa: PLR2004 - the 5xx class
            raise FaultError("status must be between 500 and 599")
        if self.times < 1:
            raise FaultError("times must be at least 1")

    @property
    def processes(self) -> bool:
        """Whether the request takes effect in spite of the fault."""
        by_choice = self.processed and self.kind not in NEVER_PROCESSED
        return by_choice or self.kind in ALWAYS_PROCESSED

    def strikes(self, path: str) -> bool:
        """Whether the fault is meant for this path."""
        return self.path in {None, path}


@dataclass(slots=True, kw_only=True)
class Faults:
    """The script comes first, one entry a request (None: a good one), then the dice.

    `chances` are (probability, fault) pairs tried in order; at most one strikes a request. Only
    the answers of paths in `counting` can count too few.
    """

    counting: Collection[str] = frozenset()
    script: deque[Fault | None] = field(default_factory=deque)
    chances: Sequence[tuple[float, Fault]] = ()
    dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - no secret

    def plan(self, faults: Iterable[Fault | None]) -> None:
        """Replace the script."""
        self.script = deque(
            copy for item in faults for copy in [item] * (item.times if item else 1)
        )

    def draw(self, path: str) -> Fault | None:
        """What happens to the next request to a path."""
        if self.script:
            head = self.script[0]
            if head is None or self._strikes(head, path):
                return self.script.popleft()
            return None
        for probability, fault in self.chances:
            if self._strikes(fault, path) and self.dice.random() < probability:
                self.script.extend([fault] * (fault.times - 1))
                return fault
        return None

    def _strikes(self, fault: Fault, path: str) -> bool:
        counted = fault.kind != "fewer_counts" or path in self.counting
        return counted and fault.strikes(path)

    def clear(self) -> None:
        """No more faults."""
        self.script.clear()
        self.chances = ()

    def configure(self, wanted: object) -> None:
        """Take `{"script": [...], "chances": [...], "seed": n}`; raises FaultError."""
        if not isinstance(wanted, dict) or set(wanted) - {"script", "chances", "seed"}:
            raise FaultError("an object with script, chances or seed is needed")
        script, chances = wanted.get("script"), wanted.get("chances")
        for part in (script, chances):
            if part is not None and not isinstance(part, list):
                raise FaultError("script and chances must be arrays")
        planned = [None if item is None else fault_from(item) for item in script or ()]
        drawn = [_chance_from(item) for item in chances or ()]
        if script is not None:
            self.plan(planned)
        if chances is not None:
            self.chances = drawn
        if "seed" in wanted:
            self.dice = random.Random(str(wanted["seed"]))  # noqa: S311 - no secret


def fault_from(wanted: object) -> Fault:
    """Read a fault from its JSON object; raises FaultError."""
    if not isinstance(wanted, Mapping) or "kind" not in wanted:
        raise FaultError("a fault is an object with a kind")
    known = {part.name for part in fields(Fault)}
    if unknown := set(wanted) - known:
        raise FaultError(f"{min(unknown)} is unknown; a fault has {', '.join(sorted(known))}")
    values = dict(wanted)
    if values.get("seconds") is not None:
        values["seconds"] = _number(values["seconds"], "seconds")
    for name in ("status", "times"):
        if name in values and type(values[name]) is not int:
            raise FaultError(f"{name} must be a whole number")
    if not isinstance(values.get("processed", False), bool):
        raise FaultError("processed must be true or false")
    if not isinstance(values.get("path"), str | None):
        raise FaultError("path must be a text")
    return Fault(**values)


def _chance_from(wanted: object) -> tuple[float, Fault]:
    if not isinstance(wanted, Mapping) or "probability" not in wanted:
        raise FaultError("a chance is a fault with a probability")
    probability = _number(wanted["probability"], "probability")
    if not 0 <= probability <= 1:
        raise FaultError("probability must be between 0 and 1")
    return probability, fault_from({k: v for k, v in wanted.items() if k != "probability"})


def _number(value: object, name: str) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise FaultError(f"{name} must be a number") from None
