"""The lease of a runner that shares an activation: its part is its own, the rest is the others'.

All of them hold the activation's lease together, under one name, so that a build or a runner of the
whole finds it taken as long as any of them lives. Beside it each has a row for its part, with a
heartbeat of its own. A row is written before the common lease is taken, and the common lease is
given back only where no row is left, so the last one to go sees whoever comes.
"""

# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from runner.control import needing
from runner.errors import HeldError
from runner.lease import SHARED, WholeLease, is_recent, watch
from runner.lease import TABLE as ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from runner.control import ControlSchema, Registration
    from runner.parts import Part
    from runner.warehouse import Warehouse

TABLE = "tailrace_part_leases"


class _Rival(NamedTuple):
    run_id: str
    part: int
    parts: int
    heartbeat_at: datetime | None
    is_live: bool


class PartLease:
    """The lease of one run on a part; the run alone uses it, from one thread."""

    def __init__(
        self,
        warehouse: Warehouse,
        schema: ControlSchema,
        registration: Registration,
        run_id: str,
        part: Part,
    ) -> None:
        self._common = WholeLease(warehouse, schema, registration, SHARED)
        self._warehouse = warehouse
        self._registration = registration
        self._run_id = run_id
        self._part = part
        self._table = schema.table(warehouse, TABLE)
        self._activations = schema.table(warehouse, ACTIVATIONS)

    def take(self, tell: Callable[[str], None]) -> None:
        """Take the part, or raise HeldError when another runner has it, or the activation."""
        self._write()
        try:
            for rival in self._rivals():
                self._outlast(rival, tell)
            self._common.take(tell)
        except BaseException:
            # Whose the common lease is, they know who share it.
            self._forget("run_id = ?", self._run_id)
            raise
        # What earlier deltas left; this one is the current one, and stays so.
        self._forget("delta_id <> ?", self._registration.delta_id)

    def renew(self) -> bool:
        """Give a sign of life; return whether part, activation and delta are still this run's."""
        self._warehouse.execute(
            f"update {self._table} set lease_heartbeat_at = {self._warehouse.now} "
            "where relation = ? and run_id = ?",
            [self._registration.relation, self._run_id],
        )
        return self._common.renew() and self._is_written()

    def is_held(self) -> bool:
        """Whether part, activation and delta are still this run's."""
        return self._common.is_held() and self._is_written()

    def release(self) -> None:
        """Give the part back, and the activation if nobody alive shares it any more."""
        self._forget("run_id = ?", self._run_id)
        recent = is_recent(self._warehouse, self._registration, "other.")
        self._warehouse.execute(
            f"update {self._activations} set lease_holder = null, lease_heartbeat_at = null "
            "where relation = ? and lease_holder = ? and not exists ("
            f"select 1 from {self._table} as other where other.relation = ? and {recent})",
            [self._registration.relation, SHARED, self._registration.relation],
        )

    def _write(self) -> None:
        registration = self._registration
        with needing(TABLE, registration):
            self._warehouse.execute(
                f"insert into {self._table} (relation, activation, delta_id, part, parts, run_id, "
                f"lease_heartbeat_at) values (?, ?, ?, ?, ?, ?, {self._warehouse.now})",
                [
                    registration.relation,
                    registration.activation_name,
                    registration.delta_id,
                    self._part.number,
                    self._part.parts,
                    self._run_id,
                ],
            )

    def _is_written(self) -> bool:
        query = f"select count(*) from {self._table} where relation = ? and run_id = ?"
        found = self._warehouse.rows(query, [self._registration.relation, self._run_id])
        return bool(next(iter(found))[0])

    def _forget(self, condition: str, *values: object) -> None:
        self._warehouse.execute(
            f"delete from {self._table} where relation = ? and {condition}",
            [self._registration.relation, *values],
        )

    def _rivals(self) -> list[_Rival]:
        """Runs that have, or had, this part, or some part of another division."""
        query = (
            "select run_id, part, parts, lease_heartbeat_at, "
            f"case when {is_recent(self._warehouse, self._registration)} then 1 else 0 end "
            f"from {self._table} where relation = ? and delta_id = ? and run_id <> ? "
            "and (part = ? or parts <> ?)"
        )
        registration, part = self._registration, self._part
        key = [registration.relation, registration.delta_id, self._run_id, part.number, part.parts]
        return [
            _Rival(str(run_id), int(part), int(parts), heartbeat_at, bool(is_live))
            for run_id, part, parts, heartbeat_at, is_live in self._warehouse.rows(query, key)
        ]

    def _outlast(self, seen: _Rival, tell: Callable[[str], None]) -> None:
        """Forget a runner that shows no sign of life for a while, or raise HeldError."""
        name = self._registration.activation_name
        if not seen.is_live:
            watch(self._registration, f"run {seen.run_id} of part {seen.part}/{seen.parts}", tell)
            if seen in self._rivals():
                stale = f"not {is_recent(self._warehouse, self._registration)}"
                self._forget(f"run_id = ? and {stale}", seen.run_id)
            if seen.run_id not in [rival.run_id for rival in self._rivals()]:
                return
        raise HeldError(
            f"{name}: its part {seen.part}/{seen.parts} is being pushed by another runner (run "
            f"{seen.run_id}): wait for it to end, and divide an activation in one way only; a "
            f"runner that died gives way {self._registration.lease_seconds} s after its last sign "
            "of life."
        )
