"""What an activation may hold of a key that is to be forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from runner.control import Registration
from runner.warehouse import Warehouse
from runner.watermarks import settle
from tests.support.warehouses import SCHEMA, built

EVENTS: dict[str, object] = {"sync_mode": "incremental", "service": "events"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """What an activation holds of the key `ada`, and why it must not be forgotten, if so.

    Rows of the delta: operation, ordinal, record. Refusals: operation, ordinal, record.
    """

    mode: str = "mirror"
    delta: Sequence[tuple[str, int | None, str]] = ()
    settled: int = 0
    refusals: Sequence[tuple[str, int, str]] = ()
    resolved: bool = False
    in_doubt: bool = False
    synced: Sequence[str] = ()
    elsewhere: Sequence[str] = ()
    values: dict[str, object] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    says: str | None = None

    def build(self, warehouse: Warehouse, key: str = "ada") -> Registration:
        """Make it so."""
        rows = sum(ordinal is not None for _, ordinal, _ in self.delta)
        values = {"sync_mode": self.mode, "insert_rows": rows, **self.values}
        one = built(warehouse, shards=(), values=values, settings=self.settings)
        for operation, ordinal, record in self.delta:
            plan(warehouse, one, key, operation, ordinal, record)
        if self.settled:
            settle(warehouse, SCHEMA, one, "run-1", 0, self.settled, [])
        for operation, ordinal, record in self.refusals:
            warehouse.execute(
                "insert into marketing.tailrace_rejected_rows (relation, delta_id, shard, ordinal, "
                "operation, record_key, identifiers, in_doubt) "
                "values (?, 'delta-1', 0, ?, ?, ?, ?, ?)",
                [one.relation, ordinal, operation, key, record, self.in_doubt],
            )
        if self.resolved:
            table = SCHEMA.table(warehouse, "tailrace_rejected_rows")
            warehouse.execute(f"update {table} set resolved_at = {warehouse.now}")
        for records, place in ((self.synced, one.sent_to), (self.elsewhere, "crm/users")):
            for record in records:
                sync(warehouse, one, key, record, sent_to=place)
        return one


def plan(
    warehouse: Warehouse,
    registration: Registration,
    key: str,
    operation: str,
    ordinal: int | None,
    record: str,
    shard: int = 0,
) -> None:
    """Write a row of the delta."""
    warehouse.execute(
        f"insert into {registration.delta(warehouse)} (_delta_id, _shard, _ordinal, _operation, "
        "_record_key, _identifiers, _payload, _row_hash) values (?, ?, ?, ?, ?, ?, '{}', 'h')",
        ["delta-1", shard, ordinal, operation, key, record],
    )


def sync(
    warehouse: Warehouse,
    registration: Registration,
    key: str,
    record: str,
    *,
    sent_to: str = "braze_eu/users",
    status: str = "acknowledged",
) -> None:
    """Write a row of the synced state."""
    warehouse.execute(
        f"insert into {registration.synced_state(warehouse)} (_record_key, _identifiers, "
        "_attributes, _row_hash, _status, _sent_to) values (?, ?, '{}', 'h', ?, ?)",
        [key, record, status, sent_to],
    )


CASES = {
    "upsert to be sent": Case(
        mode="upsert", delta=[("insert", 1, "a")], says=r"still to be sent.*dbt build and runner"
    ),
    "upsert sent": Case(mode="upsert", delta=[("insert", 1, "a")], settled=1, synced=["a"]),
    "upsert without a plan": Case(mode="upsert", synced=["a"]),
    "invalid": Case(mode="upsert", delta=[("invalid", None, "a")], synced=["a"]),
    "resting": Case(delta=[("resting", None, "a")], refusals=[("insert", 9, "a")]),
    "mirror that would delete later": Case(synced=["a"], says="braze_eu holds the record"),
    "mirror, invalid today": Case(delta=[("invalid", None, "a")], synced=["a"], says="holds the"),
    "mirror sent, not folded": Case(
        delta=[("insert", 1, "a")], settled=1, says="holds the record of this key"
    ),
    "mirror refused": Case(delta=[("insert", 1, "a")], settled=1, refusals=[("insert", 1, "a")]),
    "mirror refused, that an earlier request may have inserted": Case(
        delta=[("insert", 1, "a")],
        settled=1,
        refusals=[("insert", 1, "a")],
        in_doubt=True,
        says="holds the record",
    ),
    "mirror, delete to be sent": Case(
        delta=[("delete", 1, "a")], synced=["a"], says=r"was not told yet.*: run runner push"
    ),
    "mirror, delete of a delta that was never registered": Case(
        delta=[("delete", 1, "a")],
        synced=["a"],
        values={"delta_id": "delta-0"},
        says="holds the record",
    ),
    "mirror, delete held": Case(
        delta=[("delete", 1, "a")],
        synced=["a"],
        values={"hold_reason": "too many"},
        says="run runner approve braze_vips and runner push braze_vips",
    ),
    "mirror, delete sent": Case(delta=[("delete", 1, "a")], settled=1, synced=["a"]),
    "mirror, delete refused": Case(
        delta=[("delete", 1, "a")], settled=1, refusals=[("delete", 1, "a")], synced=["a"]
    ),
    "mirror, delete resting": Case(
        delta=[("resting", None, "a")], refusals=[("delete", 7, "a")], synced=["a"]
    ),
    "mirror, deleted once, back, and resting": Case(
        delta=[("resting", None, "a")],
        refusals=[("delete", 7, "a")],
        resolved=True,
        synced=["a"],
        says="holds the record",
    ),
    "mirror, moved to another record": Case(
        delta=[("insert", 1, "b"), ("delete", 2, "a")], settled=2, synced=["a"], says="holds the"
    ),
    "mirror that lets leavers be": Case(synced=["a"], settings={"on_leave": "ignore"}),
    "mirror that was sent elsewhere": Case(elsewhere=["a"]),
    "mirror that is built no more": Case(
        delta=[("insert", 1, "b")], synced=["a"], values={"removed_at": "2026-03-01 00:00:00"}
    ),
    "member": Case(mode="membership", synced=["a"], says="holds the record"),
    "delta that was never registered": Case(
        delta=[("insert", 1, "a")], values={**EVENTS, "delta_id": "delta-2"}, settled=1
    ),
    "event to be sent": Case(delta=[("insert", 1, "a")], values=EVENTS, says="still to be sent"),
}
