"""The control tables, on DuckDB and PostgreSQL, as a build leaves them behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from runner.control import registrations, shard_sizes
from runner.errors import ConfigurationError, UnavailableError
from runner.warehouse import Warehouse, connect
from runner.watermarks import Watermark, mark_sending, reopen, settle, watermarks
from tests.support.warehouses import (
    ENGINES,
    SCHEMA,
    Built,
    NeverCommits,
    all_rows,
    built,
    create_control_tables,
    engine_profile,
    refused,
)


@pytest.fixture(params=ENGINES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    """Hand out a warehouse in which nothing was built."""
    with closing(connect(engine_profile(request, tmp_path))) as connection:
        yield connection


@pytest.fixture
def warehouse(empty: Warehouse) -> Warehouse:
    """Hand out a warehouse with empty control tables."""
    create_control_tables(empty)
    return empty


def test_nothing_built_yet_says_what_to_do(empty: Warehouse) -> None:
    """Missing and empty control tables are one configuration error that names dbt build."""
    with pytest.raises(ConfigurationError, match=r"schema marketing of target test: run dbt build"):
        registrations(empty, SCHEMA)
    create_control_tables(empty)
    with pytest.raises(ConfigurationError, match="run dbt build first"):
        registrations(empty, SCHEMA)


def test_activations_are_found_by_name_and_glob(warehouse: Warehouse) -> None:
    """A name or glob finds its activations, no pattern finds all, and each only once."""
    for name in ("braze_vips", "braze_events", "crm_vips"):
        Built(name=name).build(warehouse)

    def names(*patterns: str) -> list[str]:
        return [each.activation_name for each in registrations(warehouse, SCHEMA, patterns)]

    assert names() == ["braze_events", "braze_vips", "crm_vips"]
    assert names("crm_vips") == ["crm_vips"]
    assert names("braze_*", "braze_vips") == ["braze_events", "braze_vips"]


def test_targets_that_share_the_control_tables_keep_apart(warehouse: Warehouse) -> None:
    """A push to one target never sends what another target built."""
    for name in ("braze_vips", "crm_vips"):
        Built(name=name).build(warehouse)
    table = SCHEMA.table(warehouse, "tailrace_activations")
    warehouse.execute(f"update {table} set target_name = 'default'")
    assert len(registrations(warehouse, SCHEMA)) == 2
    warehouse.execute(f"update {table} set target_name = 'test' where activation = 'crm_vips'")
    assert [each.activation_name for each in registrations(warehouse, SCHEMA)] == ["crm_vips"]
    warehouse.execute(f"update {table} set target_name = 'prod' where activation = 'crm_vips'")
    with pytest.raises(ConfigurationError, match="targets default, prod, and none of test"):
        registrations(warehouse, SCHEMA)


def test_an_unknown_activation_names_the_nearest(warehouse: Warehouse) -> None:
    """A misspelt name is answered with the one that was probably meant."""
    Built(name="braze_vips").build(warehouse)
    with pytest.raises(ConfigurationError, match="did you mean braze_vips"):
        registrations(warehouse, SCHEMA, ["braze_vip"])
    with pytest.raises(ConfigurationError, match=r"there are: braze_vips\."):
        registrations(warehouse, SCHEMA, ["zzz*"])


def test_a_registration_tells_a_service_what_it_needs(warehouse: Warehouse) -> None:
    """Settings are parsed, and what is not set has the documented default."""
    registration = built(warehouse, settings={"nulls": "skip", "settings": {"a": 1}})
    activation = registration.activation
    assert activation.identifiers == {"external_id": "id"}
    assert activation.settings == {"a": 1}
    assert (activation.nulls, activation.on_leave, activation.in_doubt) == (
        "skip",
        "delete",
        "hold",
    )
    assert registration.rows_to_send == 5
    assert not registration.held


def test_shards_have_sizes(warehouse: Warehouse) -> None:
    """Each shard's last ordinal is read from the delta; invalid rows have none."""
    registration = built(warehouse, shards=(5, 3), invalid=2)
    assert shard_sizes(warehouse, registration, {}) == {0: 5, 1: 3}
    assert shard_sizes(warehouse, built(warehouse, shards=()), {}) == {}


@pytest.mark.parametrize("mistake", ["delta_id", "rows"])
def test_a_delta_that_is_not_the_registered_one_is_refused(
    warehouse: Warehouse, mistake: str
) -> None:
    """A build that died between delta and registration is not sent."""
    registration = built(warehouse)
    delta = registration.delta(warehouse)
    if mistake == "rows":
        warehouse.execute(f"delete from {delta} where _ordinal = 5")
    else:
        warehouse.execute(f"update {delta} set _delta_id = 'delta-2'")
    with pytest.raises(ConfigurationError, match="disagree"):
        shard_sizes(warehouse, registration, {})


def test_watermarks_advance_and_never_go_back(warehouse: Warehouse) -> None:
    """Marks are kept apart by shard, and a late smaller one changes nothing."""
    registration = built(warehouse, shards=(5, 3))
    assert watermarks(warehouse, SCHEMA, registration) == {}
    mark_sending(warehouse, SCHEMA, registration, "run-1", 0, 4)
    settle(warehouse, SCHEMA, registration, "run-1", 0, 2, [])
    settle(warehouse, SCHEMA, registration, "run-1", 1, 3, [])
    settle(warehouse, SCHEMA, registration, "run-1", 0, 1, [])
    assert watermarks(warehouse, SCHEMA, registration) == {
        0: Watermark(sending=4, acknowledged=2),
        1: Watermark(sending=3, acknowledged=3),
    }
    assert len(all_rows(warehouse, "tailrace_watermarks", "shard")) == 2


def test_watermarks_belong_to_one_delta(warehouse: Warehouse) -> None:
    """A new delta begins at nothing, whatever the last one reached."""
    settle(warehouse, SCHEMA, built(warehouse), "run-1", 0, 5, [])
    again = built(warehouse, delta_id="delta-2")
    assert watermarks(warehouse, SCHEMA, again) == {}


def test_rejected_rows_are_recorded_with_the_watermark(warehouse: Warehouse) -> None:
    """A refusal is kept with its page and the vendor's own words, unaltered."""
    registration = built(warehouse)
    settle(warehouse, SCHEMA, registration, "run-1", 0, 5, [refused(2, "it's 100% ?"), refused(4)])
    columns = "ordinal, page, code, reason, identifiers, run_id, resolved_at"
    assert all_rows(warehouse, "tailrace_rejected_rows", columns) == [
        (2, 3, "400", "it's 100% ?", '{"external_id": "a\'b"}', "run-1", None),
        (4, 3, "400", "no such user", '{"external_id": "a\'b"}', "run-1", None),
    ]


def test_settling_twice_changes_nothing(warehouse: Warehouse) -> None:
    """A settlement whose answer was lost may be repeated."""
    registration = built(warehouse)
    for _ in range(2):
        settle(warehouse, SCHEMA, registration, "run-1", 0, 5, [refused(2), refused(4)])
    assert all_rows(warehouse, "tailrace_rejected_rows", "ordinal") == [(2,), (4,)]


def test_earlier_refusals_stay(warehouse: Warehouse) -> None:
    """A settlement forgets nothing of what lies below the last watermark."""
    registration = built(warehouse)
    settle(warehouse, SCHEMA, registration, "run-1", 0, 2, [refused(1)])
    settle(warehouse, SCHEMA, registration, "run-1", 0, 5, [refused(4)])
    assert all_rows(warehouse, "tailrace_rejected_rows", "ordinal") == [(1,), (4,)]


def test_many_refusals_are_recorded_at_once(warehouse: Warehouse) -> None:
    """More rows than one statement takes are all recorded."""
    rows = [refused(ordinal) for ordinal in range(1, 502)]
    registration = built(warehouse)
    settle(warehouse, SCHEMA, registration, "run-1", 0, 501, rows)
    found = all_rows(warehouse, "tailrace_rejected_rows", "ordinal")
    assert sorted(found) == [(ordinal,) for ordinal in range(1, 502)]


@pytest.mark.parametrize("allowed", range(4))
def test_dying_while_settling_settles_nothing(warehouse: Warehouse, allowed: int) -> None:
    """Refusals and watermark come together or not at all, wherever the runner dies."""
    registration = built(warehouse)
    dying = NeverCommits(warehouse, transactional=True)
    dying.allowed = allowed
    with pytest.raises(UnavailableError):
        settle(dying, SCHEMA, registration, "run-1", 0, 5, [refused(2)])
    assert all_rows(warehouse, "tailrace_rejected_rows", "ordinal") == []
    assert watermarks(warehouse, SCHEMA, registration) == {}


def test_without_transactions_a_repeat_still_tells_the_truth(warehouse: Warehouse) -> None:
    """What a died attempt recorded is forgotten before its rows are sent again."""
    registration = built(warehouse)
    dying = NeverCommits(warehouse, transactional=False)
    dying.allowed = 2
    with pytest.raises(UnavailableError):
        settle(dying, SCHEMA, registration, "run-1", 0, 5, [refused(2), refused(4)])
    assert len(all_rows(warehouse, "tailrace_rejected_rows", "ordinal")) == 2
    dying.allowed = 100
    reopen(dying, SCHEMA, registration, 0, 0)
    settle(dying, SCHEMA, registration, "run-2", 0, 5, [])
    assert all_rows(warehouse, "tailrace_rejected_rows", "ordinal") == []
