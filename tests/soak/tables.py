"""What the tables of the warehouse say of each activation, read in one go between two children."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from runner.warehouse import MissingRelationError, Warehouse
from tests.oracle.project import operation_of
from tests.oracle.rules import Operation
from tests.soak.orders import SCHEMA

LEASE_SECONDS = 120
NO_MARK = (0, 0)

Place = tuple[int, int]  # shard, ordinal


class Refusal(NamedTuple):
    """Why a row was refused; `in_doubt`: an earlier request may have been taken."""

    code: str
    in_doubt: bool


class Synced(NamedTuple):
    """A row of the synced state."""

    key: str
    identifier: str
    attributes: str
    status: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An activation as its tables show it; `delta` is None where there is no such table.

    `marks` are (sending, acknowledged) by shard, `refused` the refused rows by place.
    `lease_age` is in seconds, by the clock of the warehouse.
    """

    delta_id: str | None = None
    target: str | None = None
    lease_holder: str | None = None
    lease_age: float | None = None
    hold_reason: str | None = None
    approved: bool = False
    removed: bool = False
    delta: dict[Place, Operation] | None = None
    delta_ids: frozenset[str] = frozenset()
    marks: dict[int, tuple[int, int]] = field(default_factory=dict)
    refused: dict[Place, Refusal] = field(default_factory=dict)
    synced: tuple[Synced, ...] = ()

    @property
    def is_held(self) -> bool:
        """Whether a guard holds the delta."""
        return self.hold_reason is not None and not self.approved

    def has_live_runner(self, shift: int = 0) -> bool:
        """Whether a runner's lease counts as alive, `shift` seconds later."""
        holder, age = self.lease_holder, self.lease_age
        if holder is None or holder.startswith("build ") or age is None:
            return False
        return abs(age + shift) <= LEASE_SECONDS

    def in_doubt(self) -> list[Place]:
        """The places between the two watermarks that were not refused."""
        return [
            (shard, ordinal)
            for shard, (sending, acknowledged) in sorted(self.marks.items())
            for ordinal in range(acknowledged + 1, sending + 1)
            if (shard, ordinal) not in self.refused
        ]

    def refused_in_doubt(self) -> list[Place]:
        """The places that were refused after an answer was lost."""
        return [place for place, refusal in sorted(self.refused.items()) if refusal.in_doubt]

    def without_lease(self) -> Seen:
        """All but the lease, to see whether anything changed."""
        return replace(self, lease_holder=None, lease_age=None)


def look(warehouse: Warehouse, names: Iterable[str]) -> dict[str, Seen]:
    """Read everything; an activation that was never registered has no delta id."""
    return {name: _look(warehouse, name) for name in names}


def _look(warehouse: Warehouse, name: str) -> Seen:
    query = (
        "select delta_id, sent_to, lease_holder, lease_heartbeat_at, hold_reason, approved_at, "
        "removed_at, "
        f"{warehouse.now} from {SCHEMA}.tailrace_activations where table_name = ?"
    )
    found = list(_rows(warehouse, query, name))
    values: dict[str, Any] = {}
    if found:
        delta_id, sent_to, holder, beat, reason, approved_at, removed_at, now = found[0]
        values = {
            "delta_id": delta_id,
            "target": str(sent_to).split("/", 1)[0],
            "lease_holder": holder,
            "lease_age": _age(beat, now),
            "hold_reason": reason,
            "approved": approved_at is not None,
            "removed": removed_at is not None,
            "marks": _marks(warehouse, name, delta_id),
            "refused": _refused(warehouse, name, delta_id),
        }
    delta, delta_ids = _delta(warehouse, name)
    return Seen(delta=delta, delta_ids=delta_ids, synced=_synced(warehouse, name), **values)


def _age(beat: object, now: object) -> float | None:
    if not isinstance(beat, datetime) or not isinstance(now, datetime):
        return None
    return (now - beat).total_seconds()


def _marks(warehouse: Warehouse, name: str, delta_id: object) -> dict[int, tuple[int, int]]:
    query = (
        "select shard, coalesce(sending, 0), coalesce(acknowledged, 0) "
        f"from {SCHEMA}.tailrace_watermarks where relation like ? and delta_id = ?"
    )
    found = _rows(warehouse, query, f'%"{name}"', delta_id)
    return {int(shard): (int(sending), int(settled)) for shard, sending, settled in found}


def _refused(warehouse: Warehouse, name: str, delta_id: object) -> dict[Place, Refusal]:
    query = (
        f"select shard, ordinal, code, in_doubt from {SCHEMA}.tailrace_rejected_rows "
        "where activation = ? and delta_id = ?"
    )
    found = _rows(warehouse, query, name, delta_id)
    return {
        (int(shard), int(ordinal)): Refusal(code, bool(in_doubt))
        for shard, ordinal, code, in_doubt in found
    }


def _delta(warehouse: Warehouse, name: str) -> tuple[dict[Place, Operation] | None, frozenset[str]]:
    query = (
        "select _delta_id, _shard, _ordinal, _operation, _record_key, _identifiers, _payload "
        f"from {SCHEMA}.{name} order by _shard, _ordinal"
    )
    try:
        found = list(warehouse.rows(query))
    except MissingRelationError:
        return None, frozenset()
    return {
        (int(shard), int(ordinal)): operation_of(*rest)
        for _, shard, ordinal, *rest in found
        if ordinal is not None
    }, frozenset(str(row[0]) for row in found)


def _synced(warehouse: Warehouse, name: str) -> tuple[Synced, ...]:
    query = (
        "select _record_key, _identifiers, _attributes, _status, _sent_to "
        f"from {SCHEMA}.{name}__synced order by 1, 2, 5"
    )
    return tuple(
        Synced(
            key=key,
            identifier=json.loads(identifiers)["external_id"],
            attributes=attributes,
            status=status,
            target=sent_to.split("/", 1)[0],
        )
        for key, identifiers, attributes, status, sent_to in _rows(warehouse, query)
    )


def _rows(warehouse: Warehouse, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
    """Rows, or none before the table was made."""
    try:
        yield from warehouse.rows(query, values)
    except MissingRelationError:
        return


def leftovers(warehouse: Warehouse) -> list[str]:
    """What must not be left when all is done: runs that seem to go on, leases that nobody needs."""
    runs = _rows(
        warehouse, f"select activation from {SCHEMA}.tailrace_runs where status = 'running'"
    )
    leases = _rows(
        warehouse,
        f"select activation from {SCHEMA}.tailrace_activations where lease_holder is not null",
    )
    return [f"a run of {name} seems to go on" for (name,) in runs] + [
        f"somebody has the lease of {name}" for (name,) in leases
    ]
