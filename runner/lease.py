"""One runner an activation: a lease in the warehouse, kept by its heartbeat.

A lease that showed no sign of life for two minutes may be taken over. All times are the
warehouse's own clock.
"""

# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.errors import ConfigurationError, HeldError

if TYPE_CHECKING:
    from runner.control import ControlSchema, Registration
    from runner.warehouse import Warehouse

LEASE_SECONDS = 120
TABLE = "tailrace_activations"


def take_lease(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, run_id: str
) -> None:
    """Take the activation for this run, or raise HeldError when another live runner has it."""
    dead = f"lease_heartbeat_at < {warehouse.seconds_ago(LEASE_SECONDS)}"
    warehouse.execute(
        f"update {schema.table(warehouse, TABLE)} "
        f"set lease_holder = ?, lease_heartbeat_at = {warehouse.now} where relation = ? "
        f"and delta_id = ? and (lease_holder is null or lease_heartbeat_at is null or {dead})",
        [run_id, registration.relation, registration.delta_id],
    )
    name = registration.activation_name
    holder, delta_id = _current(warehouse, schema, registration)
    if delta_id != registration.delta_id:
        message = f"{name} was built again while this push began: run the push again."
        raise ConfigurationError(message)
    if holder != run_id:
        message = (
            f"{name} is being pushed by another runner (run {holder}): wait for it to end; a "
            f"runner that died gives way {LEASE_SECONDS} s after its last sign of life."
        )
        raise HeldError(message)


def renew_lease(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, run_id: str
) -> bool:
    """Give a sign of life; return whether the lease and the delta are still this run's."""
    warehouse.execute(
        f"update {schema.table(warehouse, TABLE)} set lease_heartbeat_at = {warehouse.now} "
        "where relation = ? and lease_holder = ?",
        [registration.relation, run_id],
    )
    return holds_lease(warehouse, schema, registration, run_id)


def holds_lease(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, run_id: str
) -> bool:
    """Return whether this run still has the lease on the delta it reads."""
    return _current(warehouse, schema, registration) == (run_id, registration.delta_id)


def release_lease(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, run_id: str
) -> None:
    """Give the activation free, if this run still has it."""
    warehouse.execute(
        f"update {schema.table(warehouse, TABLE)} "
        "set lease_holder = null, lease_heartbeat_at = null "
        "where relation = ? and lease_holder = ?",
        [registration.relation, run_id],
    )


def _current(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> tuple[str | None, str | None]:
    query = (
        f"select lease_holder, delta_id from {schema.table(warehouse, TABLE)} where relation = ?"
    )
    for holder, delta_id in warehouse.rows(query, [registration.relation]):
        return holder, delta_id
    return None, None


def lease_is_live(warehouse: Warehouse, schema: ControlSchema, registration: Registration) -> bool:
    """Whether a runner that still gives signs of life is pushing this activation."""
    query = (
        f"select count(*) from {schema.table(warehouse, TABLE)} where relation = ? "
        f"and lease_holder is not null "
        f"and lease_heartbeat_at >= {warehouse.seconds_ago(LEASE_SECONDS)}"
    )
    return bool(next(iter(warehouse.rows(query, [registration.relation])))[0])
