"""How far a delta is settled, and which of its rows were refused.

Every function takes the warehouse and the control schema; times are the warehouse's own clock.
"""

# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from runner.masking import masked
from runner.parts import WHOLE
from runner.warehouse.lasting import atomically

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.control import ControlSchema, Registration
    from runner.destinations.service import Rejection, Row
    from runner.parts import Part
    from runner.warehouse import Warehouse

INSERT_ROWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A row that the destination refused, and the page it was in.

    `in_doubt`: an earlier request, of which nobody knows the outcome, may have been taken.
    """

    row: Row
    page: int
    rejection: Rejection
    in_doubt: bool = False


class Watermark(NamedTuple):
    """Up to which ordinal of a shard rows may have been sent, and are settled."""

    sending: int
    acknowledged: int


def watermarks(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> dict[int, Watermark]:
    """Return the watermarks of the shards that have any."""
    query = (
        "select shard, max(coalesce(sending, 0)), max(coalesce(acknowledged, 0)) "
        f"from {schema.table(warehouse, 'tailrace_watermarks')} "
        "where relation = ? and delta_id = ? group by shard"
    )
    found = warehouse.rows(query, [registration.relation, registration.delta_id])
    return {
        int(shard): Watermark(max(int(sending), int(settled)), int(settled))
        for shard, sending, settled in found
    }


def doubtful_rows(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, part: Part = WHOLE
) -> int:
    """How many rows of the delta may or may not have been taken: those between its watermarks.

    A row that was refused, or recorded as not sent, is in no doubt though its page is.
    """
    marks = watermarks(warehouse, schema, registration)
    between = sum(mark.sending - mark.acknowledged for at, mark in marks.items() if part.has(at))
    query = (
        "select certain.shard, count(*) from (select distinct rejected.shard, rejected.ordinal "
        f"from {schema.table(warehouse, 'tailrace_rejected_rows')} as rejected "
        f"inner join {schema.table(warehouse, 'tailrace_watermarks')} as mark "
        "on mark.delta_id = rejected.delta_id and mark.shard = rejected.shard "
        "where mark.relation = ? and mark.delta_id = ? and rejected.relation = mark.relation "
        "and rejected.ordinal > coalesce(mark.acknowledged, 0) "
        "and rejected.ordinal <= mark.sending) as certain group by certain.shard"
    )
    certain = warehouse.rows(query, [registration.relation, registration.delta_id])
    if not between:
        return 0
    return between - sum(int(rows) for shard, rows in certain if part.has(int(shard)))


def reopen(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, shard: int, after: int
) -> None:
    """Forget what earlier runs recorded of rows after this ordinal, before these are sent again.

    A row that was refused, or held back, is in doubt again as soon as it is on its way again.
    """
    warehouse.execute(
        f"delete from {schema.table(warehouse, 'tailrace_rejected_rows')} "
        "where relation = ? and delta_id = ? and shard = ? and ordinal > ?",
        [registration.relation, registration.delta_id, shard, after],
    )


def mark_sending(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    run_id: str,
    shard: int,
    ordinal: int,
) -> None:
    """Note, before the first request, that rows up to this ordinal may reach the destination."""
    _advance(warehouse, schema, registration, run_id, shard, ("sending",), ordinal)


def settle(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    run_id: str,
    shard: int,
    ordinal: int,
    rejected: Sequence[RejectedRow],
) -> None:
    """Record that every row up to this ordinal has its outcome; a repeat changes nothing.

    Rejected rows go first, in the same transaction, so no watermark covers an unrecorded refusal.
    """

    def write() -> None:
        if rejected:
            # A commit may have gone unheard: the same refusals are recorded once.
            reopen(warehouse, schema, registration, shard, rejected[0].row.ordinal - 1)
        record_rejected(warehouse, schema, registration, run_id, shard, rejected)
        columns = ("sending", "acknowledged")
        _advance(warehouse, schema, registration, run_id, shard, columns, ordinal)

    atomically(warehouse, write)


def give_up(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    run_id: str,
    shard: int,
    ordinal: int,
) -> None:
    """Count rows in doubt up to this ordinal as settled; what was recorded of others stays."""
    columns = ("sending", "acknowledged")
    _advance(warehouse, schema, registration, run_id, shard, columns, ordinal)


def record_rejected(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    run_id: str,
    shard: int,
    rejected: Sequence[RejectedRow],
) -> None:
    """Record refusals; a row above the watermark is then in no doubt though its page is."""
    for start in range(0, len(rejected), INSERT_ROWS):
        part = rejected[start : start + INSERT_ROWS]
        _insert_rejected(warehouse, schema, registration, run_id, shard, part)


def _insert_rejected(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    run_id: str,
    shard: int,
    rejected: Sequence[RejectedRow],
) -> None:
    columns = (
        "activation, relation, delta_id, run_id, shard, ordinal, operation, record_key, "
        "identifiers, row_hash, page, code, reason, in_doubt, rejected_at, resolved_at"
    )
    values: list[object] = []
    for item in rejected:
        row, why = item.row, item.rejection
        values += [registration.activation_name, registration.relation, registration.delta_id]
        values += [run_id, shard, row.ordinal, row.operation, row.record_key, row.identifiers]
        row_hash = "" if row.row_hash is None else str(row.row_hash)
        values += [row_hash, item.page, masked(why.code), masked(why.reason)]
        values.append(item.in_doubt)
    one = "(" + "?, " * 14 + f"{warehouse.now}, null)"
    warehouse.execute(
        f"insert into {schema.table(warehouse, 'tailrace_rejected_rows')} ({columns}) "
        f"values {', '.join([one] * len(rejected))}",
        values,
    )


def _advance(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    run_id: str,
    shard: int,
    columns: Sequence[str],
    ordinal: int,
) -> None:
    # Watermarks never go back. Update, then insert if there is no row: every warehouse can do it.
    table = schema.table(warehouse, "tailrace_watermarks")
    sets = [f"{name} = case when {name} >= ? then {name} else ? end" for name in columns]
    key = [registration.relation, registration.delta_id, shard]
    warehouse.execute(
        f"update {table} set {', '.join(sets)}, run_id = ?, updated_at = {warehouse.now} "
        "where relation = ? and delta_id = ? and shard = ?",
        [*[ordinal, ordinal] * len(columns), run_id, *key],
    )
    where = "where relation = ? and delta_id = ? and shard = ?"
    if next(iter(warehouse.rows(f"select count(*) from {table} {where}", key)))[0]:
        return
    warehouse.execute(
        f"insert into {table} (relation, delta_id, shard, sending, acknowledged, folded, run_id, "
        f"updated_at) values (?, ?, ?, ?, ?, null, ?, {warehouse.now})",
        [*key, ordinal, ordinal if "acknowledged" in columns else None, run_id],
    )
