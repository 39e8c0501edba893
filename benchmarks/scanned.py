"""Which columns the statements of a build read, and how many bytes these hold.

Written down by hand from the SQL of a mirror (tests/warehouses/golden_sql): a warehouse that keeps
columns apart reads, for each place where a statement names a table, all rows of the columns named.
"""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.engines import SCHEMA, Warehouse
from benchmarks.project import ACTIVATION
from benchmarks.source import COLUMNS

KEY = ("id",)
_SENT = ("_sent_to",)
_PLACE = ("_delta_id", "_shard", "_ordinal")
_WHOLE_DELTA = ("_record_key", "_identifiers", "_payload", "_row_hash", "_attributes")


class Read(NamedTuple):
    """Columns of a table that a statement names in one place."""

    statement: str
    table: str
    columns: tuple[str, ...]


READS = (
    Read("fold, delete", "synced", ("_identifiers", *_SENT)),
    Read("fold, delete", "delta", ("_identifiers", *_PLACE)),
    Read("fold, insert", "delta", (*_WHOLE_DELTA, "_operation", "_event_time", *_PLACE)),
    Read("fold, refusals", "delta", ("_operation", "_record_key", *_PLACE)),
    Read("diff", "model", KEY),
    Read("diff", "model", COLUMNS),
    Read("diff", "synced", ("_record_key", "_row_hash", *_SENT)),
    Read(
        "diff",
        "synced",
        ("_record_key", "_identifiers", "_attributes", "_row_hash", "_status", *_SENT),
    ),
    Read("register", "synced", ("_status", *_SENT)),
    Read("register", "delta", ("_operation", "_invalid_reason", "_record_key")),
    Read(
        "push, pages",
        "delta",
        ("_operation", "_record_key", "_identifiers", "_payload", "_row_hash", *_PLACE),
    ),
)
RELATIONS = {
    "model": "source.users",
    "synced": f"{SCHEMA}.{ACTIVATION}__synced",
    "delta": f"{SCHEMA}.{ACTIVATION}",
}


def bytes_read(warehouse: Warehouse) -> dict[str, float]:
    """Bytes of each step, as text, for each row of the model."""
    ((rows,),) = warehouse.rows(f"select count(*) from {RELATIONS['model']}")
    found: dict[str, float] = {}
    for read in READS:
        sums = " + ".join(f"coalesce(sum(octet_length({name}::text)), 0)" for name in read.columns)
        ((size,),) = warehouse.rows(f"select {sums} from {RELATIONS[read.table]}")
        part = f"{read.statement}: {read.table}"
        found[part] = found.get(part, 0.0) + float(size) / rows
    return found
