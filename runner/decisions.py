"""What only a person decides: release a held delta, settle rows in doubt."""
# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from runner.control import ControlSchema, Registration
from runner.errors import ConfigurationError
from runner.warehouse import MissingRelationError, Warehouse
from runner.watermarks import doubtful_rows

Choice = Literal["resend", "skip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who released a delta, and when; `is_new` is false where somebody had done so before."""

    by: str
    at: datetime
    is_new: bool


def approve(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, who: str
) -> Approval:
    """Release this one delta, and record who did so first; a later delta is guarded anew."""
    name = registration.activation_name
    if registration.hold_reason is None:
        raise ConfigurationError(f"{name} is not held: there is nothing to approve.")
    table = schema.table(warehouse, "tailrace_activations")
    key = [registration.relation, registration.delta_id]
    warehouse.execute(
        f"update {table} set approved_at = {warehouse.now}, approved_by = ? "
        "where relation = ? and delta_id = ? and approved_at is null",
        [who, *key],
    )
    query = f"select approved_by, approved_at from {table} where relation = ? and delta_id = ?"
    for by, at in warehouse.rows(query, key):
        return Approval(by=by, at=at, is_new=registration.approved_at is None and by == who)
    raise ConfigurationError(
        f"{name} was built again meanwhile, so nothing was approved: look at runner plan "
        f"{name}, then approve again."
    )


def rows_in_doubt(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> tuple[int, int]:
    """How many events may or may not have arrived: of this delta, and of earlier ones."""
    if registration.sync_mode != "incremental":
        return 0, 0
    current = doubtful_rows(warehouse, schema, registration)
    synced = registration.synced_state(warehouse)
    query = f"select count(*) from {synced} where _status = ? and _sent_to = ?"
    try:
        found = warehouse.rows(query, ["in_doubt", registration.sent_to])
        return current, int(next(iter(found))[0])
    except MissingRelationError:
        return current, 0


def resolve(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, choice: Choice
) -> int:
    """Send the rows in doubt again, or never; return how many there were.

    Rows of the current delta are settled by its watermarks, those of earlier deltas by the synced
    state, which the next build reads.
    """
    doubtful = sum(rows_in_doubt(warehouse, schema, registration))
    marks = schema.table(warehouse, "tailrace_watermarks")
    synced = registration.synced_state(warehouse)
    key = [registration.relation, registration.delta_id]
    where = "where relation = ? and delta_id = ? and sending > coalesce(acknowledged, 0)"
    with warehouse.transaction():
        if choice == "resend":
            warehouse.execute(
                f"update {marks} set sending = acknowledged, folded = null, "
                f"updated_at = {warehouse.now} {where}",
                key,
            )
            warehouse.execute(
                f"delete from {synced} where _status = ? and _sent_to = ?",
                ["in_doubt", registration.sent_to],
            )
        else:
            warehouse.execute(
                f"update {marks} set acknowledged = sending, updated_at = {warehouse.now} {where}",
                key,
            )
            warehouse.execute(
                f"update {synced} set _status = ? where _status = ? and _sent_to = ?",
                ["skipped", "in_doubt", registration.sent_to],
            )
    return doubtful
