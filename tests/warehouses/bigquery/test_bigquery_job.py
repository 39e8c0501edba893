"""The whole job on BigQuery: build, push, change, build, push, and nothing more to send."""

from __future__ import annotations

from typing import Any

from runner.sandbox import Fault
from tests.support.project import OPEN, Project

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


def test_mirror(big: Project) -> None:
    """Inserts, updates and deletes reach the destination, and a second build plans nothing."""
    big.people([1, 2, 3])
    big.activation("mirrored", sync_mode="mirror")
    big.build("people mirrored")
    assert big.plan("mirrored") == [("insert", "u1"), ("insert", "u2"), ("insert", "u3")]
    big.push("mirrored")
    assert set(big.profiles()) == {"u1", "u2", "u3"}
    big.build("people mirrored")
    assert big.plan("mirrored") == []

    big.people([1, 2, 4])
    big.execute("update marketing.raw_people set name = 'new' where id = 'u1'")
    big.build("people mirrored")
    expected = [("insert", "u4"), ("update", "u1"), ("delete", "u3")]
    assert big.plan("mirrored") == expected
    big.push("mirrored")
    held = {key: values["name"] for key, values in big.profiles().items()}
    assert held == {"u1": "new", "u2": "n2", "u4": "n4"}
    big.build("people mirrored")
    assert big.plan("mirrored") == []


def test_membership(big: Project) -> None:
    """Who enters a list is added, who leaves it is removed, and the other members stay."""
    big.people([1, 2], table="raw_members")
    big.model("members")
    big.activation(
        "listed",
        "ref('members')",
        service="subscription_status",
        sync_mode="membership",
        attributes=None,
        settings={"subscription_group_id": GROUP},
        guards=OPEN,
    )
    big.build("members listed")
    big.push("listed")
    big.people([2, 3], table="raw_members")
    big.build("listed")
    assert big.plan("listed") == [("insert", "u3"), ("delete", "u1")]
    big.push("listed")
    big.build("listed")
    assert big.plan("listed") == []
    assert big.synced("listed") == {"u2": "acknowledged", "u3": "acknowledged"}


def test_events_in_doubt(big: Project) -> None:
    """Events are sent once; one whose answer never came waits until a person resolves it."""
    big.people([7], table="raw_seen", columns=", current_timestamp() as happened_at")
    big.model("seen")
    big.activation("events", "ref('seen')", **EVENTS)
    big.build("seen events")
    big.server.sandbox.faults.plan([Fault(kind="cut_after")])
    assert big.runner("push", "events")[0] == 4
    assert big.runner("push", "events")[0] == 3
    big.build("events")
    assert big.synced("events") == {"u7": "in_doubt"}
    code, out, _ = big.runner("status", "events")
    assert code == 0
    assert "in doubt" in out
    assert big.runner("resolve", "events", "--skip")[0] == 0
    assert big.synced("events") == {"u7": "skipped"}

    big.people([7, 8], table="raw_seen", columns=", current_timestamp() as happened_at")
    big.build("events")
    assert big.plan("events") == [("insert", "u8")]
    big.push("events")
    big.build("events")
    assert big.plan("events") == []
    with big.server.sandbox.lock:
        assert len(big.server.state.by_external_id["u8"].events) == 1


def test_guards_and_refusals(big: Project) -> None:
    """A held delta is shown, refused and approved, and a refused row is planned again."""
    big.people([21, 22, 23], table="raw_held")
    big.model("held")
    big.activation("guarded", "ref('held')", sync_mode="mirror", shards=2)
    big.build("held guarded")
    big.server.sandbox.refuse({"u22": "TEST_REFUSAL"})
    assert big.runner("push", "guarded")[0] == 1
    big.server.sandbox.refuse({})
    big.build("guarded")
    assert big.plan("guarded") == [("insert", "u22")]
    big.push("guarded")

    big.people([], table="raw_held")
    big.build("guarded")
    code, out, _ = big.runner("plan", "guarded")
    assert code == 0
    assert "the model is empty while 3 rows are synced" in out
    assert big.runner("push", "guarded")[0] == 3
    assert big.runner("approve", "guarded")[0] == 0
    big.push("guarded")
    assert not {"u21", "u22", "u23"} & set(big.profiles())


def test_package_models_and_tests(big: Project) -> None:
    """The observability models and the generic tests run on BigQuery as they do elsewhere."""
    big.people([31], table="raw_watched")
    big.model("watched")
    big.activation("watching", "ref('watched')")
    big.write("models/watching.yml", WATCHED)
    big.build("watched watching package:tailrace")
    query = (
        "select open_rows, is_held from marketing.tailrace_activation_status "
        "where activation = 'watching'"
    )
    assert big.rows(query) == [(1, False)]
    (big.folder / "models" / "watching.yml").unlink()


def test_nothing_built(big: Project) -> None:
    """Where no control tables are, the runner says that nothing was built yet."""
    code, _, err = big.runner("status", "--schema", "nowhere")
    assert code == 2
    assert "No activation was built yet in schema nowhere" in err
    assert big.rows(
        "select 'all' as said from (select 1 as one) as nothing where 'a % b' like '%b'"
    ) == [("all",)]
