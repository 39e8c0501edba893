"""The whole job on Spark, with Iceberg tables: builds and pushes, until nothing is left."""

from __future__ import annotations

from typing import Any

import pytest

from runner.sandbox import Fault
from tests.support.project import OPEN, Project

# pyspark's own, not the runner's
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
GROUP = "11111111-2222-3333-4444-555555555555"
EVENTS: dict[str, Any] = {
    "service": "events",
    "sync_mode": "incremental",
    "attributes": {"time": "happened_at"},
    "settings": {"event_name": "seen"},
    "in_doubt": "hold",
    "guards": OPEN,
}
WATCHED = """
models:
  - name: watched
    data_tests: [{tailrace.valid_primary_key: {arguments: {columns: [id]}}}]
  - name: watching
    data_tests:
      - tailrace.synced_state_consistent
      - tailrace.delta_within_bounds: {arguments: {max_rows: 10}}
"""


def test_mirror(spark: Project) -> None:
    """Inserts, updates and deletes reach the destination, and a second build plans nothing."""
    spark.people([1, 2, 3])
    spark.activation("mirrored", sync_mode="mirror")
    spark.build("people mirrored")
    assert spark.plan("mirrored") == [("insert", "u1"), ("insert", "u2"), ("insert", "u3")]
    spark.push("mirrored")
    assert set(spark.profiles()) == {"u1", "u2", "u3"}
    spark.build("people mirrored")
    assert spark.plan("mirrored") == []

    spark.people([1, 2, 4])
    spark.execute("update marketing.raw_people set name = 'new' where id = 'u1'")
    spark.build("people mirrored")
    expected = [("insert", "u4"), ("update", "u1"), ("delete", "u3")]
    assert spark.plan("mirrored") == expected
    spark.push("mirrored")
    held = {key: values["name"] for key, values in spark.profiles().items()}
    assert held == {"u1": "new", "u2": "n2", "u4": "n4"}
    spark.build("people mirrored")
    assert spark.plan("mirrored") == []


def test_membership(spark: Project) -> None:
    """Who enters a list is added, who leaves it is removed, and the other members stay."""
    spark.people([1, 2], table="raw_members")
    spark.model("members")
    spark.activation(
        "listed",
        "ref('members')",
        service="subscription_status",
        sync_mode="membership",
        attributes=None,
        settings={"subscription_group_id": GROUP},
        guards=OPEN,
    )
    spark.build("members listed")
    spark.push("listed")
    spark.people([2, 3], table="raw_members")
    spark.build("listed")
    assert spark.plan("listed") == [("insert", "u3"), ("delete", "u1")]
    spark.push("listed")
    spark.build("listed")
    assert spark.plan("listed") == []
    assert spark.synced("listed") == {"u2": "acknowledged", "u3": "acknowledged"}


def test_events_in_doubt(spark: Project) -> None:
    """Events are sent once; one whose answer never came waits until a person resolves it."""
    spark.people([7], table="raw_seen", columns=", current_timestamp() as happened_at")
    spark.model("seen")
    spark.activation("events", "ref('seen')", **EVENTS)
    spark.build("seen events")
    spark.server.sandbox.faults.plan([Fault(kind="cut_after")])
    assert spark.runner("push", "events")[0] == 4
    assert spark.runner("push", "events")[0] == 3
    spark.build("events")
    assert spark.synced("events") == {"u7": "in_doubt"}
    code, out, _ = spark.runner("status", "events")
    assert code == 0
    assert "in doubt" in out
    assert spark.runner("resolve", "events", "--skip")[0] == 0
    assert spark.synced("events") == {"u7": "skipped"}

    spark.people([7, 8], table="raw_seen", columns=", current_timestamp() as happened_at")
    spark.build("events")
    assert spark.plan("events") == [("insert", "u8")]
    spark.push("events")
    spark.build("events")
    assert spark.plan("events") == []
    with spark.server.sandbox.lock:
        assert len(spark.server.state.by_external_id["u8"].events) == 1


def test_guards_and_refusals(spark: Project) -> None:
    """A held delta is shown, refused and approved, and a refused row is planned again."""
    spark.people([21, 22, 23], table="raw_held")
    spark.model("held")
    spark.activation("guarded", "ref('held')", sync_mode="mirror", shards=2)
    spark.build("held guarded")
    spark.server.sandbox.refuse({"u22": "TEST_REFUSAL"})
    assert spark.runner("push", "guarded")[0] == 1
    spark.server.sandbox.refuse({})
    spark.build("guarded")
    assert spark.plan("guarded") == [("insert", "u22")]
    spark.push("guarded")

    spark.people([], table="raw_held")
    spark.build("guarded")
    code, out, _ = spark.runner("plan", "guarded")
    assert code == 0
    assert "the model is empty while 3 rows are synced" in out
    assert spark.runner("push", "guarded")[0] == 3
    assert spark.runner("approve", "guarded")[0] == 0
    spark.push("guarded")
    assert not {"u21", "u22", "u23"} & set(spark.profiles())


def test_package_models_and_tests(spark: Project) -> None:
    """The observability models and the generic tests run on Spark as they do elsewhere."""
    spark.people([31], table="raw_watched")
    spark.model("watched")
    spark.activation("watching", "ref('watched')")
    spark.write("models/watching.yml", WATCHED)
    spark.build("watched watching package:tailrace")
    query = (
        "select open_rows, is_held from marketing.tailrace_activation_status "
        "where activation = 'watching'"
    )
    assert spark.rows(query) == [(1, False)]
    (spark.folder / "models" / "watching.yml").unlink()


def test_nothing_built(spark: Project) -> None:
    """Where no control tables are, the runner says that nothing was built yet."""
    code, _, err = spark.runner("status", "--schema", "nowhere")
    assert code == 2
    assert "No activation was built yet in schema nowhere" in err
    assert spark.rows("select 'all' as said where 'a % b' like '%b'") == [("all",)]
