"""Refused rows, resting ones and events in doubt, as a person is told, on DuckDB and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

from runner.control import Registration
from runner.destinations.service import Rejection
from runner.doubts import DoubtfulRange, doubtful_keys, doubtful_ranges
from runner.rejections import Refusals, open_rejections, resting, retry
from runner.settling import NOT_SENT
from runner.warehouse import Warehouse
from runner.watermarks import RejectedRow, mark_sending, record_rejected, settle
from tests.support.warehouses import (
    SCHEMA,
    all_rows,
    built,
    refused,
)

EVENTS: dict[str, object] = {"sync_mode": "incremental"}


def refuse(warehouse: Warehouse, delta: int, *rows: RejectedRow) -> Registration:
    """Build a delta in which these rows are refused; a row rests after two refusals."""
    registration = built(warehouse, delta_id=f"delta-{delta}", settings={"max_attempts": 2})
    settle(warehouse, SCHEMA, registration, f"run-{delta}", 0, 5, rows)
    return registration


def changed(rejected: RejectedRow) -> RejectedRow:
    """The same row with other values."""
    return replace(rejected, row=rejected.row._replace(row_hash="other"))


def leaving(rejected: RejectedRow) -> RejectedRow:
    """The same row as a delete."""
    return replace(rejected, row=rejected.row._replace(operation="delete"))


def test_refusals_are_told_by_code_in_the_destinations_own_words(warehouse: Warehouse) -> None:
    """How many rows, how often the most unlucky of them, and how many rest."""
    other = replace(refused(4), rejection=Rejection(code="E7", reason="it's 100% ?"))
    refuse(warehouse, 1, refused(2), refused(3), other)
    registration = refuse(warehouse, 2, refused(2))
    assert open_rejections(warehouse, SCHEMA, registration) == [
        Refusals(code="400", reason="no such user", rows=2, attempts=2, resting_rows=1),
        Refusals(code="E7", reason="it's 100% ?", rows=1, attempts=1, resting_rows=0),
    ]
    assert resting(warehouse, SCHEMA, registration) == (1, ["key-2"])


def test_only_the_same_values_come_to_rest(warehouse: Warehouse) -> None:
    """A value that changed since, or a delete, begins a count of its own."""
    refuse(warehouse, 1, refused(2), refused(3))
    refuse(warehouse, 2, refused(2))
    assert resting(warehouse, SCHEMA, refuse(warehouse, 3, changed(refused(2))))[0] == 0
    assert resting(warehouse, SCHEMA, refuse(warehouse, 4, leaving(refused(3))))[0] == 0
    assert resting(warehouse, SCHEMA, refuse(warehouse, 5, changed(refused(2))))[0] == 1


def test_a_hash_is_recorded_as_text(warehouse: Warehouse) -> None:
    """As the build compares it; a key without one has an empty text."""
    hashed = [
        replace(item, row=item.row._replace(row_hash=row_hash))
        for item, row_hash in ((refused(2), 18446738508510542406), (refused(3), None))
    ]
    refuse(warehouse, 1, *hashed)
    recorded = all_rows(warehouse, "tailrace_rejected_rows", "row_hash")
    assert sorted(recorded) == [("",), ("18446738508510542406",)]


def test_rows_that_were_held_back_were_not_refused(warehouse: Warehouse) -> None:
    """They never rest, and a retry has nothing to do with them."""
    held_back = replace(refused(2), rejection=NOT_SENT)
    for delta in (1, 2):
        refuse(warehouse, delta, held_back)
    registration = refuse(warehouse, 3, held_back)
    assert resting(warehouse, SCHEMA, registration) == (0, [])
    assert open_rejections(warehouse, SCHEMA, registration)[0].attempts == 0
    assert retry(warehouse, SCHEMA, registration) == (0, 0)
    assert all_rows(warehouse, "tailrace_rejected_rows", "resolved_at") == [(None,)] * 3


def test_a_retry_closes_the_count_of_one_activation(warehouse: Warehouse) -> None:
    """Of rows that rest, and of those on the way to it; the others' stay open."""
    other = built(warehouse, name="others")
    settle(warehouse, SCHEMA, other, "run-0", 0, 5, [refused(1)])
    refuse(warehouse, 1, refused(2), refused(3))
    registration = refuse(warehouse, 2, refused(2))
    assert retry(warehouse, SCHEMA, registration) == (2, 1)
    assert open_rejections(warehouse, SCHEMA, registration) == []
    assert resting(warehouse, SCHEMA, registration) == (0, [])
    assert retry(warehouse, SCHEMA, registration) == (0, 0)
    assert len(open_rejections(warehouse, SCHEMA, other)) == 1
    columns = "activation, record_key, resolved_at is null"
    assert all_rows(warehouse, "tailrace_rejected_rows", columns) == [
        ("braze_vips", "key-2", False),
        ("braze_vips", "key-2", False),
        ("braze_vips", "key-3", False),
        ("others", "key-1", True),
    ]


def test_events_in_doubt_are_told_by_shard_ordinals_and_keys(warehouse: Warehouse) -> None:
    """Those of this delta that were not refused, then those of earlier ones, twenty at most."""
    registration = built(warehouse, shards=(5, 3, 40), values=EVENTS)
    place = (warehouse, SCHEMA, registration, "run-1")
    settle(*place, 0, 2, [])
    mark_sending(*place, 0, 4)
    settle(*place, 1, 3, [])
    record_rejected(*place, 0, [refused(3)])
    warehouse.execute(
        f"insert into {registration.synced_state(warehouse)} (_record_key, _status, _sent_to) "
        "values ('a', 'acknowledged', 'braze_eu/users'), ('b', 'in_doubt', 'braze_eu/users'), "
        "('c', 'in_doubt', 'elsewhere')"
    )
    ranges = doubtful_ranges(warehouse, SCHEMA, registration)
    assert ranges == [DoubtfulRange(shard=0, first_ordinal=3, last_ordinal=4)]
    assert doubtful_keys(warehouse, SCHEMA, registration, ranges) == ["key-0-4", "b"]
    mark_sending(*place, 2, 40)
    ranges = doubtful_ranges(warehouse, SCHEMA, registration)
    keys = doubtful_keys(warehouse, SCHEMA, registration, ranges)
    assert keys == ["key-0-4", *(f"key-2-{ordinal}" for ordinal in range(1, 20))]


def test_records_are_in_no_doubt(warehouse: Warehouse) -> None:
    """A repeat of them is harmless."""
    registration = built(warehouse)
    mark_sending(warehouse, SCHEMA, registration, "run-1", 0, 4)
    assert doubtful_ranges(warehouse, SCHEMA, registration) == []
    assert doubtful_keys(warehouse, SCHEMA, registration, []) == []
