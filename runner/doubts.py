"""Which events may or may not have arrived, and what the activation or a person decides."""

# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

from dataclasses import dataclass

from runner.control import ControlSchema, Registration
from runner.errors import HeldError
from runner.parts import Part
from runner.report import Reporter
from runner.warehouse import MissingRelationError, Warehouse
from runner.watermarks import Watermark, doubtful_rows, give_up, watermarks
from runner.wording import amount

LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulRange:
    """Events of the current delta in doubt: a shard, and its first and last ordinal."""

    shard: int
    first_ordinal: int
    last_ordinal: int


def doubtful_ranges(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> list[DoubtfulRange]:
    """Where the current delta is in doubt; records never are, since a repeat is harmless."""
    if registration.sync_mode != "incremental":
        return []
    marks = watermarks(warehouse, schema, registration)
    return [
        DoubtfulRange(shard=shard, first_ordinal=mark.acknowledged + 1, last_ordinal=mark.sending)
        for shard, mark in sorted(marks.items())
        if mark.sending > mark.acknowledged
    ]


def doubtful_keys(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    ranges: list[DoubtfulRange],
) -> list[str]:
    """Keys of events in doubt, of these ranges and of earlier deltas: the first twenty."""
    keys: list[str] = []
    rejected = schema.table(warehouse, "tailrace_rejected_rows")
    for each in ranges:
        # A refused row is in no doubt though its page is.
        query = (
            f"select _record_key from {registration.delta(warehouse)} as planned "
            "where _delta_id = ? and _shard = ? and _ordinal >= ? and _ordinal <= ? "
            f"and not exists (select 1 from {rejected} as refused "
            "where refused.delta_id = planned._delta_id and refused.shard = planned._shard "
            "and refused.ordinal = planned._ordinal) "
            f"order by _ordinal limit {LISTED - len(keys):d}"
        )
        place = [registration.delta_id, each.shard, each.first_ordinal, each.last_ordinal]
        keys += [str(key) for (key,) in warehouse.rows(query, place)]
    if registration.sync_mode == "incremental":
        keys += _earlier(warehouse, registration, LISTED - len(keys))
    return keys


def _earlier(warehouse: Warehouse, registration: Registration, size: int) -> list[str]:
    query = (
        f"select _record_key from {registration.synced_state(warehouse)} "
        f"where _status = ? and _sent_to = ? order by _record_key limit {size:d}"
    )
    try:
        return [str(key) for (key,) in warehouse.rows(query, ["in_doubt", registration.sent_to])]
    except MissingRelationError:
        return []


def without_doubts(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    run_id: str,
    part: Part,
    reporter: Reporter,
) -> dict[int, Watermark]:
    """The watermarks after the activation's choice for events in doubt was followed, in a part.

    Raises HeldError where a person has to choose.
    """
    marks = watermarks(warehouse, schema, registration)
    doubts = {
        shard: mark.sending
        for shard, mark in marks.items()
        if mark.sending > mark.acknowledged and part.has(shard)
    }
    if not doubts:
        return marks
    name, choice = registration.activation_name, registration.activation.in_doubt
    rows = doubtful_rows(warehouse, schema, registration, part)
    if choice == "hold" and rows:
        raise HeldError(
            f"{name} is held: {amount(rows, 'event')} may or may not have reached "
            f"{registration.destination} in an earlier run; decide with runner resolve {name} "
            "--resend or --skip.",
            cause="in_doubt",
        )
    # Without rows a run ended between its refusals and their watermark: all is known of them.
    if choice == "skip" or not rows:
        for shard, sending in doubts.items():
            give_up(warehouse, schema, registration, run_id, shard, sending)
            marks[shard] = Watermark(sending=sending, acknowledged=sending)
    if rows:
        future = "will not be sent again" if choice == "skip" else "will be sent again"
        reporter.warning(f"{name}: {amount(rows, 'event')} in doubt {future} (in_doubt: {choice}).")
    return marks
