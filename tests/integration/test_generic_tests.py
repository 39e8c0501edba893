"""The dbt tests that the package ships: silent on what is sound, loud on what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.project import Project

BOUNDS = {"max_rows": 2, "max_delete_share": 40, "max_invalid_share": 30}
BROKEN = {
    ("rows", 3, 2),
    ("percent of the synced state to delete", 50, 40),
    ("percent of the model that is invalid", 33, 30),
}
OURS = "where relation = (select min(relation) from marketing.gt_registration)"
REFUSED = (
    "insert into marketing.tailrace_rejected_rows "
    "(relation, delta_id, shard, ordinal, operation, record_key, identifiers) "
)
# What is planted into a sound activation, and what the test must say of it.
PLANTED = {
    f"update marketing.tailrace_activations set delta_id = 'other' {OURS}": (
        "the delta is not the registered one"
    ),
    f"delete from marketing.tailrace_activations {OURS}": "the activation is registered 0 times",
    "update marketing.gt set _ordinal = 7 where _ordinal = 3": "ordinals are not dense",
    "update marketing.gt set _ordinal = 1 where _ordinal = 2": "ordinals are not dense",
    "update marketing.gt set _ordinal = 4 where _operation = 'invalid'": (
        "only what is to be sent has an ordinal"
    ),
    "update marketing.gt set _ordinal = null where _ordinal = 3": (
        "only what is to be sent has an ordinal"
    ),
    f"update marketing.tailrace_watermarks set acknowledged = 4, sending = 4 {OURS}": (
        "a watermark is outside of its shard"
    ),
    f"update marketing.tailrace_watermarks set shard = 3 {OURS}": (
        "a watermark is outside of its shard"
    ),
    f"update marketing.tailrace_watermarks set sending = 0 {OURS}": (
        "more is acknowledged than was sent"
    ),
    "insert into marketing.tailrace_watermarks "
    f"select * from marketing.tailrace_watermarks {OURS}": "a shard has two watermarks",
    "insert into marketing.gt__synced select * from marketing.gt__synced": (
        "two synced rows are one record"
    ),
    "update marketing.gt__synced set _status = null": (
        "a synced row lacks its key, its identifiers or its status"
    ),
    f"{REFUSED} select relation, _delta_id, 0, 1, 'insert', _record_key, _identifiers "
    "from marketing.gt__synced cross join marketing.gt_registration": (
        "a rejected row is in the synced state"
    ),
    f"{REFUSED} select relation, delta_id, 0, 1, 'insert', 'stranger', '{{}}' "
    "from marketing.gt_registration": "a rejected row is no row of its delta",
}
TABLES = {
    "gt": "",
    "gt__synced": "",
    "tailrace_activations": OURS,
    "tailrace_watermarks": OURS,
    "tailrace_rejected_rows": OURS,
}
TESTS = [
    "tailrace.synced_state_consistent",
    {"tailrace.delta_within_bounds": {"arguments": BOUNDS}},
]


def _people(shop: Project, *people: tuple[str, str]) -> None:
    listed = [f"select {key} as id, '{name}' as name" for key, name in people]
    shop.table("raw_gt_people", " union all ".join(listed))


@pytest.fixture
def tested(shop: Project) -> Iterator[Project]:
    """Have an insert, an update, a delete and an invalid row; the first of them is acknowledged."""
    keys = {"tailrace.valid_primary_key": {"arguments": {"columns": ["ID", "name"]}}}
    properties = [
        {"name": "gt_people", "data_tests": [keys]},
        {"name": "gt", "data_tests": TESTS},
    ]
    shop.write("models/gt.yml", json.dumps({"models": properties}))
    shop.model("gt_people")
    shop.activation("gt", "ref('gt_people')", sync_mode="mirror")
    shop.execute(*(f"drop table if exists marketing.{name}" for name in ("gt", "gt__synced")))
    _people(shop, ("'a'", "Ada"), ("'b'", "Bob"))
    shop.build("gt_people gt", command="run")
    shop.settle("gt")
    _people(shop, ("'a'", "Augusta"), ("'c'", "Cid"), ("null", "Nobody"))
    shop.build("gt", command="run")
    shop.table(
        "gt_registration",
        "select relation, delta_id from marketing.tailrace_activations where table_name = 'gt'",
    )
    shop.settle("gt", up_to=1)
    yield shop
    shop.remove("gt", "gt_people")
    (shop.folder / "models" / "gt.yml").unlink()


def _compiled(shop: Project) -> dict[str, str]:
    """Run the tests: their SQL by name. Two of them must fail."""
    outcome = shop.dbt("test", "--select", "gt_people", "gt")
    ran = [each for each in outcome.result.results if each.node.resource_type == "test"]
    assert {each.node.test_metadata.name: str(each.status) for each in ran} == {
        "valid_primary_key": "fail",
        "delta_within_bounds": "fail",
        "synced_state_consistent": "pass",
    }, outcome.text
    return {each.node.test_metadata.name: each.node.compiled_code for each in ran}


def _told(shop: Project, query: str, columns: str) -> set[tuple[object, ...]]:
    found = shop.rows(f"select {columns} from ({query}) as failures")
    return {
        tuple(value if isinstance(value, str | None) else int(value) for value in row)
        for row in found
    }


def test_planted_faults_are_found(tested: Project) -> None:
    """Each test is silent on what is sound and names each fault that is planted."""
    queries = _compiled(tested)
    keys, bounds = queries["valid_primary_key"], queries["delta_within_bounds"]
    consistent = queries["synced_state_consistent"]
    held = tested.registration("gt").hold_reason or ""
    assert "delta_within_bounds" in held
    assert "valid_primary_key" in held

    assert _told(tested, keys, "id, rows_of_this_key") == {(None, 1)}
    _people(tested, ("'a'", "Ada"), ("'a'", "Bob"), ("'b'", "Bob"))
    assert _told(tested, keys, "id, rows_of_this_key") == set()
    _people(tested, ("'a'", "Ada"), ("'a'", "Ada"), ("'b'", "Bob"))
    assert _told(tested, keys, "id, rows_of_this_key") == {("a", 2)}

    assert _told(tested, bounds, "measure, found, bound") == BROKEN
    for name, ours in TABLES.items():
        tested.table(f"sound_{name}", f"select * from marketing.{name} {ours}")
    for plant, contradiction in PLANTED.items():
        tested.execute(plant)
        told = {text for (text,) in _told(tested, consistent, "contradiction")}
        assert contradiction in told, plant
        if plant.startswith("delete from"):
            unregistered = {("registered deltas", 0, 1)}
            assert _told(tested, bounds, "measure, found, bound") == unregistered
        for name, ours in TABLES.items():
            tested.execute(
                f"delete from marketing.{name} {ours}",
                f"insert into marketing.{name} select * from marketing.sound_{name}",
            )
        assert _told(tested, consistent, "contradiction") == set(), plant
