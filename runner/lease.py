"""One runner an activation: a lease in the warehouse, kept by its heartbeat.

A lease without a sign of life for `lease_seconds` may be taken over. All times are the warehouse's
own clock, and since that may jump, a runner also watches that the heartbeat stands still before it
takes over. The lease of a dbt build ends with that run of dbt, or with the next build.
"""

# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING, NamedTuple

from runner.errors import ConfigurationError, HeldError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from runner.control import ControlSchema, Registration
    from runner.warehouse import Warehouse

TABLE = "tailrace_activations"
BUILD = "build "
# Who has an activation while several runners send a part of it each.
SHARED = "parts"
# The cause of a run that found another delta than it had read of: nothing is wrong with either.
BUILT_MEANWHILE = "built_meanwhile"


class Lease(NamedTuple):
    """Who has an activation, on which delta; `is_live` by the clock of the warehouse."""

    holder: str | None
    heartbeat_at: datetime | None
    delta_id: str | None
    is_live: bool

    @property
    def is_builds(self) -> bool:
        """Whether a dbt build has it, whose sign of life is its end."""
        return (self.holder or "").startswith(BUILD)


@dataclass(frozen=True, slots=True)
class WholeLease:
    """The lease of one run on an activation, and on the delta that it read of."""

    warehouse: Warehouse
    schema: ControlSchema
    registration: Registration
    run_id: str

    def take(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Take the activation for this run, or raise HeldError when somebody else has it.

        Before it takes over from a runner that seems to be dead it watches for a while, and tells.
        """
        self._take("lease_holder is null")
        lease = self._current()
        if lease.holder not in {self.run_id, None} and not lease.is_live and not lease.is_builds:
            self._take_over(lease, tell)
            lease = self._current()
        name = self.registration.activation_name
        if lease.delta_id != self.registration.delta_id:
            message = f"{name} was built again while this push began: run the push again."
            raise ConfigurationError(message, cause=BUILT_MEANWHILE)
        if lease.holder != self.run_id:
            raise HeldError(_taken(self.registration, lease))

    def renew(self) -> bool:
        """Give a sign of life; return whether the lease and the delta are still this run's."""
        self.warehouse.execute(
            f"update {self._table} set lease_heartbeat_at = {self.warehouse.now} "
            "where relation = ? and lease_holder = ?",
            [self.registration.relation, self.run_id],
        )
        return self.is_held()

    def is_held(self) -> bool:
        """Whether this run still has the lease, on the delta that it reads."""
        lease = self._current()
        return (lease.holder, lease.delta_id) == (self.run_id, self.registration.delta_id)

    def release(self) -> None:
        """Give the activation free, if this run still has it."""
        self.warehouse.execute(
            f"update {self._table} set lease_holder = null, lease_heartbeat_at = null "
            "where relation = ? and lease_holder = ?",
            [self.registration.relation, self.run_id],
        )

    @property
    def _table(self) -> str:
        return self.schema.table(self.warehouse, TABLE)

    def _current(self) -> Lease:
        return current_lease(self.warehouse, self.schema, self.registration)

    def _take(self, condition: str, *values: object) -> None:
        self.warehouse.execute(
            f"update {self._table} "
            f"set lease_holder = ?, lease_heartbeat_at = {self.warehouse.now} "
            f"where relation = ? and delta_id = ? and {condition}",
            [self.run_id, self.registration.relation, self.registration.delta_id, *values],
        )

    def _take_over(self, seen: Lease, tell: Callable[[str], None]) -> None:
        watch(self.registration, f"run {seen.holder}", tell)
        now = self._current()
        if (now.holder, now.heartbeat_at) == (seen.holder, seen.heartbeat_at):
            stale = f"lease_holder = ? and not {is_recent(self.warehouse, self.registration)}"
            self._take(stale, seen.holder)


def watch(registration: Registration, who: str, tell: Callable[[str], None]) -> None:
    """Wait so long that a runner which is alive gives another sign of life, and tell of it."""
    # It does so more often than this, whatever the warehouse's clock did.
    seconds = registration.lease_seconds / 4
    tell(
        f"{registration.activation_name}: {who} seems to have died; waiting {seconds:.0f} s to see "
        "whether it gives another sign of life."
    )
    sleep(seconds)


def _taken(registration: Registration, lease: Lease) -> str:
    name = registration.activation_name
    if lease.is_builds:
        return (
            f"{name} is being built: wait for that run of dbt to end; if it died, build {name} "
            "again."
        )
    if lease.holder == SHARED:
        return (
            f"{name} is being pushed in parts: wait for its runners to end, or send a part of it "
            "with --shard."
        )
    return (
        f"{name} is being pushed by another runner (run {lease.holder}): wait for it to end; a "
        f"runner that died gives way {registration.lease_seconds} s after its last sign of life."
    )


def current_lease(warehouse: Warehouse, schema: ControlSchema, registration: Registration) -> Lease:
    """Who has the activation now."""
    query = (
        "select lease_holder, lease_heartbeat_at, delta_id, "
        f"case when {is_recent(warehouse, registration)} then 1 else 0 end "
        f"from {schema.table(warehouse, TABLE)} where relation = ?"
    )
    for holder, heartbeat_at, delta_id, live in warehouse.rows(query, [registration.relation]):
        return Lease(holder, heartbeat_at, delta_id, bool(live))
    return Lease(None, None, None, is_live=False)


def is_recent(warehouse: Warehouse, registration: Registration, table: str = "") -> str:
    """A condition: the heartbeat in a row of a table (`other.`) is recent enough."""
    # A sign of life from the future is none: the clock was set back.
    seconds = registration.lease_seconds
    earliest, latest = warehouse.seconds_ago(seconds), warehouse.seconds_ago(-seconds)
    return f"coalesce({table}lease_heartbeat_at between {earliest} and {latest}, false)"


def building_since(registration: Registration) -> datetime | None:
    """Since when a run of dbt has the activation; if it was killed, nobody gives it back."""
    is_builds = (registration.lease_holder or "").startswith(BUILD)
    return registration.lease_heartbeat_at if is_builds else None


def lease_is_live(warehouse: Warehouse, schema: ControlSchema, registration: Registration) -> bool:
    """Whether a runner that still gives signs of life is pushing this activation."""
    lease = current_lease(warehouse, schema, registration)
    return lease.holder is not None and lease.is_live and not lease.is_builds
