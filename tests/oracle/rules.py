"""The oracle: section 4 of the design in plain Python, written without a look at the SQL.

Values are JSON texts as the destination receives them, None for null. The oracle is told the rows
of the model, what was acknowledged, and what may or may not have arrived; it says which operations
a build must plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

Values = dict[str, str | None]
Hash = tuple[str, tuple[tuple[str, str | None], ...]]


class ModelRow(NamedTuple):
    """One row of the model: its key's parts, its identifier, and every column."""

    key: tuple[str | None, ...]
    identifier: str | None
    values: Mapping[str, str | None]
    finite: bool = True


class Operation(NamedTuple):
    """One row of a delta that is to be sent."""

    operation: str
    key: str
    identifier: str
    payload: frozenset[tuple[str, str | None]]


@dataclass(slots=True, kw_only=True)
class Claim:
    """What the synced state says of one record: whose it is, and what it holds.

    `doubtful`: it may hold any of `names`, or nothing; nobody knows.
    """

    key: str
    values: dict[str, str]
    hash: Hash
    names: frozenset[str]
    doubtful: bool = False


class Content(NamedTuple):
    """What a record holds once an operation is acknowledged, and the hash of its row."""

    values: Mapping[str, str]
    hash: Hash


Plan = dict[Operation, Content]


@dataclass(slots=True, kw_only=True)
class Rules:
    """The arguments of one activation, and what it has sent so far."""

    mode: str
    nulls: str = "send"
    on_leave: str = "delete"
    max_attempts: int = 5
    attributes: list[str] = field(default_factory=list)
    claims: dict[str, Claim] = field(default_factory=dict)
    refusals: Counter[tuple[str, Hash, bool]] = field(default_factory=Counter)

    def plan(self, rows: list[ModelRow], *, full: bool = False) -> Plan:
        """Every operation that a build on these rows must plan."""
        invalid = reasons(rows)
        planned: Plan = {}
        for number, row in enumerate(rows):
            if number not in invalid:
                planned |= self._send(row, full=full)
        if self.mode == "membership" or (self.mode == "mirror" and self.on_leave != "ignore"):
            planned |= self._leavers(rows, {frame(rows[number].key) for number in invalid})
        return {
            operation: content
            for operation, content in planned.items()
            if self.refusals[_attempt(operation, content)] < self.max_attempts
        }

    def _send(self, row: ModelRow, *, full: bool) -> Plan:
        identifier, key = str(row.identifier), frame(row.key)
        claim = self.claims.get(identifier)
        mine = claim is not None and claim.key == key and not claim.doubtful
        present = {
            name: value for name in self.attributes if (value := row.values[name]) is not None
        }
        held = claim.names if claim else frozenset()
        became_null = [name for name in self.attributes if name not in present and name in held]
        nulls: Values = dict.fromkeys(became_null) if self.nulls == "send" else {}
        known = claim.values if claim and not claim.doubtful else {}
        kept = {name: known.get(name, "?") for name in became_null}
        values = {**kept, **present} if self.nulls == "skip" else present
        shown = tuple((name, row.values[name]) for name in sorted(self.attributes))
        content = Content(values, (identifier, shown))
        payload: Values = {**present, **nulls}
        if not mine:
            name = "update" if self.mode == "update" else "insert"
        elif full:
            name = "insert" if self.mode in {"insert", "membership"} else "update"
        else:
            changed = {name: value for name, value in present.items() if known.get(name) != value}
            payload = {**changed, **nulls}
            if self.mode == "insert" or not payload:
                return {}
            name = "update"
        return {Operation(name, key, identifier, frozenset(payload.items())): content}

    def _leavers(self, rows: list[ModelRow], invalid_keys: set[str]) -> Plan:
        named = {row.identifier for row in rows}
        planned: Plan = {}
        for identifier, claim in self.claims.items():
            if identifier in named or claim.key in invalid_keys:
                continue
            unset: Values = {}
            if self.mode == "mirror" and self.on_leave == "unset":
                unset = dict.fromkeys(name for name in self.attributes if name in claim.names)
            operation = Operation("delete", claim.key, identifier, frozenset(unset.items()))
            planned[operation] = Content({}, claim.hash)
        return planned

    def acknowledged(self, operation: Operation, content: Content) -> None:
        """The destination took this operation."""
        leaving = operation.operation == "delete"
        for known in list(self.refusals):
            if (known[0], known[2]) == (operation.key, leaving):
                del self.refusals[known]
        self.claims.pop(operation.identifier, None)
        if not leaving:
            self.claims[operation.identifier] = Claim(
                key=operation.key,
                values=dict(content.values),
                hash=content.hash,
                names=frozenset(content.values),
            )

    def refused(self, operation: Operation, content: Content) -> None:
        """The destination refused this operation and holds what it held."""
        self.refusals[_attempt(operation, content)] += 1

    def doubted(self, operation: Operation, content: Content) -> None:
        """The operation may have arrived or not."""
        old = self.claims.get(operation.identifier)
        names = {name for name, _ in operation.payload} | set(content.values)
        self.claims[operation.identifier] = Claim(
            key=operation.key,
            values={},
            hash=("in doubt", ((operation.key, operation.identifier),)),
            names=frozenset(names | (old.names if old else set())),
            doubtful=True,
        )


@dataclass(slots=True, kw_only=True)
class EventRules(Rules):
    """Events: each valid key once, ever. Claims go by key.

    `timely`: none that is older than a day, and none of the future.
    """

    mode: str = "incremental"
    in_doubt: str = "hold"
    timely: bool = False

    def plan(self, rows: list[ModelRow], *, full: bool = False) -> Plan:
        """Every event that was never sent; a full run sends none twice."""
        del full
        # What waits is no business of this build, not even as a duplicate.
        rows = [row for row in rows if not self.timely or _age(row) >= timedelta(0)]
        invalid = reasons(rows, shared=False)
        planned: Plan = {}
        for number, row in enumerate(rows):
            key = frame(row.key)
            too_old = self.timely and _age(row) > timedelta(days=1)
            if number in invalid or key in self.claims or too_old:
                continue
            present = {name: value for name, value in row.values.items() if value is not None}
            content = Content(present, (str(row.identifier), tuple(sorted(row.values.items()))))
            operation = Operation("insert", key, str(row.identifier), frozenset(present.items()))
            if self.refusals[_attempt(operation, content)] < self.max_attempts:
                planned[operation] = content
        return planned

    def acknowledged(self, operation: Operation, content: Content) -> None:
        """The event is sent for ever."""
        self._keep(operation, content, doubtful=False)

    def doubted(self, operation: Operation, content: Content) -> None:
        """The event may have arrived: it is sent again only if the user chose so."""
        if self.in_doubt != "resend":
            self._keep(operation, content, doubtful=True)

    def _keep(self, operation: Operation, content: Content, *, doubtful: bool) -> None:
        self.claims[operation.key] = Claim(
            key=operation.key,
            values=dict(content.values),
            hash=content.hash,
            names=frozenset(),
            doubtful=doubtful,
        )


def _age(row: ModelRow) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(str(row.values["time"]))


def _attempt(operation: Operation, content: Content) -> tuple[str, Hash, bool]:
    return (operation.key, content.hash, operation.operation == "delete")


def reasons(rows: list[ModelRow], *, shared: bool = True) -> dict[int, str]:
    """Why rows cannot be sent, by their place in the list."""
    copies = Counter(row.key for row in rows if None not in row.key)
    owners: dict[str, set[tuple[str | None, ...]]] = {}
    for row in rows:
        if None not in row.key and row.identifier is not None:
            owners.setdefault(row.identifier, set()).add(row.key)
    found: dict[int, str] = {}
    for number, row in enumerate(rows):
        if None in row.key:
            found[number] = "null key"
        elif copies[row.key] > 1:
            found[number] = "duplicate key"
        elif not row.identifier:
            found[number] = "missing identifier"
        elif shared and len(owners[row.identifier]) > 1:
            found[number] = "identifier shared by two keys"
        elif not row.finite:
            found[number] = "not finite"
    return found


def frame(key: tuple[str | None, ...]) -> str:
    """A key as one text, each part with its length before it; a single column is its own text."""
    if len(key) == 1:
        return str(key[0])
    return "|".join(f"{len(str(part))}:{part}" for part in key)
