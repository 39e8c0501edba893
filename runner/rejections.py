"""Rows that a destination refused and that were not sent well since.

A row refused `max_attempts` times with the same values rests: a build plans it again when a value
changes, or when its refusals are closed.
"""

# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

from dataclasses import dataclass

from runner.control import ControlSchema, Registration
from runner.warehouse import Warehouse

TABLE = "tailrace_rejected_rows"
# A row that the runner held back was not refused by the destination.
HELD_BACK = "not_sent"
MAX_ATTEMPTS = 5
LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """Open refusals of one code, with an example of the destination's own words.

    `attempts`: how often the most unlucky of the rows was refused with the same values.
    `resting_rows`: how many of the rows were refused too often to be planned again.
    """

    code: str
    reason: str
    rows: int
    attempts: int
    resting_rows: int


def open_rejections(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> list[Refusals]:
    """The open refusals by code, most rows first."""
    query = (
        f"with {_refusals(warehouse, schema)} select code, min(reason), "
        "count(distinct record_key), max(attempts), "
        "count(distinct case when is_latest = 1 and attempts >= ? then record_key end) "
        "from refusals group by code order by 3 desc, 1"
    )
    found = warehouse.rows(query, [registration.relation, _max_attempts(registration)])
    return [
        Refusals(
            code=str(code),
            reason=str(reason),
            rows=int(rows),
            attempts=int(attempts),
            resting_rows=int(resting),
        )
        for code, reason, rows, attempts, resting in found
    ]


def resting(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> tuple[int, list[str]]:
    """How many rows rest, and the keys of the first twenty of them."""
    query = (
        f"with {_refusals(warehouse, schema)} select record_key, count(*) over () from "
        "(select distinct record_key from refusals where is_latest = 1 and attempts >= ?) as rows_ "
        f"order by record_key limit {LISTED:d}"
    )
    values = [registration.relation, _max_attempts(registration)]
    found = list(warehouse.rows(query, values))
    return (int(found[0][1]) if found else 0), [str(key) for key, _ in found]


def retry(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> tuple[int, int]:
    """Close the open refusals, so that the next build plans these rows.

    Return how many rows there were, and how many of them rested.
    """
    where = "where relation = ? and resolved_at is null and code <> ?"
    values = [registration.relation, HELD_BACK]
    table = schema.table(warehouse, TABLE)
    with warehouse.transaction():
        rested, _ = resting(warehouse, schema, registration)
        query = f"select count(distinct record_key) from {table} {where}"
        rows = int(next(iter(warehouse.rows(query, values)))[0])
        warehouse.execute(f"update {table} set resolved_at = {warehouse.now} {where}", values)
    return rows, rested


def _refusals(warehouse: Warehouse, schema: ControlSchema) -> str:
    """Open refusals, each with the number of those of the same row with the same values.

    What counts for a row is its latest values: `is_latest`.
    """
    row = "record_key, case when operation = 'delete' then 1 else 0 end"
    values = f"{row}, row_hash"
    return (
        "refusals as (select code, reason, record_key, "
        f"sum(case when code <> '{HELD_BACK}' then 1 else 0 end) over (partition by {values}) "
        "as attempts, "
        f"case when max(rejected_at) over (partition by {values}) "
        f"= max(rejected_at) over (partition by {row}) then 1 else 0 end as is_latest "
        f"from {schema.table(warehouse, TABLE)} where relation = ? and resolved_at is null)"
    )


def _max_attempts(registration: Registration) -> int:
    return int(registration.settings.get("max_attempts") or MAX_ATTEMPTS)
