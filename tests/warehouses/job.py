"""The whole job on an engine: build, push, change, build, push, and nothing more to send."""

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


class WholeJob:
    """Its tests; a subclass hands out `shop`, a project on its engine."""

    now = "current_timestamp()"

    def test_mirror(self, shop: Project) -> None:
        """Inserts, updates and deletes reach the destination, and a second build plans nothing."""
        shop.people([1, 2, 3])
        shop.activation("mirrored", sync_mode="mirror")
        shop.build("people mirrored")
        assert shop.plan("mirrored") == [("insert", "u1"), ("insert", "u2"), ("insert", "u3")]
        shop.push("mirrored")
        assert set(shop.profiles()) == {"u1", "u2", "u3"}
        shop.build("people mirrored")
        assert shop.plan("mirrored") == []

        shop.people([1, 2, 4])
        shop.execute("update marketing.raw_people set name = 'new' where id = 'u1'")
        shop.build("people mirrored")
        expected = [("insert", "u4"), ("update", "u1"), ("delete", "u3")]
        assert shop.plan("mirrored") == expected
        shop.push("mirrored")
        held = {key: values["name"] for key, values in shop.profiles().items()}
        assert held == {"u1": "new", "u2": "n2", "u4": "n4"}
        shop.build("people mirrored")
        assert shop.plan("mirrored") == []

    def test_membership(self, shop: Project) -> None:
        """Who enters a list is added, who leaves it is removed, and the other members stay."""
        shop.people([1, 2], table="raw_members")
        shop.model("members")
        shop.activation(
            "listed",
            "ref('members')",
            service="subscription_status",
            sync_mode="membership",
            attributes=None,
            settings={"subscription_group_id": GROUP},
            guards=OPEN,
        )
        shop.build("members listed")
        shop.push("listed")
        shop.people([2, 3], table="raw_members")
        shop.build("listed")
        assert shop.plan("listed") == [("insert", "u3"), ("delete", "u1")]
        shop.push("listed")
        shop.build("listed")
        assert shop.plan("listed") == []
        assert shop.synced("listed") == {"u2": "acknowledged", "u3": "acknowledged"}

    def test_events_in_doubt(self, shop: Project) -> None:
        """Events are sent once; one whose answer never came waits until a person resolves it."""
        shop.people([7], table="raw_seen", columns=f", {self.now} as happened_at")
        shop.model("seen")
        shop.activation("events", "ref('seen')", **EVENTS)
        shop.build("seen events")
        shop.server.sandbox.faults.plan([Fault(kind="cut_after")])
        assert shop.runner("push", "events")[0] == 4
        assert shop.runner("push", "events")[0] == 3
        shop.build("events")
        assert shop.synced("events") == {"u7": "in_doubt"}
        code, out, _ = shop.runner("status", "events")
        assert code == 0
        assert "in doubt" in out
        assert shop.runner("resolve", "events", "--skip")[0] == 0
        assert shop.synced("events") == {"u7": "skipped"}

        shop.people([7, 8], table="raw_seen", columns=f", {self.now} as happened_at")
        shop.build("events")
        assert shop.plan("events") == [("insert", "u8")]
        shop.push("events")
        shop.build("events")
        assert shop.plan("events") == []
        with shop.server.sandbox.lock:
            assert len(shop.server.sandbox.state.by_external_id["u8"].events) == 1

    def test_guards_and_refusals(self, shop: Project) -> None:
        """A held delta is shown, refused and approved, and a refused row is planned again."""
        shop.people([21, 22, 23], table="raw_held")
        shop.model("held")
        shop.activation("guarded", "ref('held')", sync_mode="mirror", shards=2)
        shop.build("held guarded")
        shop.server.sandbox.refuse({"u22": "TEST_REFUSAL"})
        assert shop.runner("push", "guarded")[0] == 1
        shop.server.sandbox.refuse({})
        shop.build("guarded")
        assert shop.plan("guarded") == [("insert", "u22")]
        shop.push("guarded")

        shop.people([], table="raw_held")
        shop.build("guarded")
        code, out, _ = shop.runner("plan", "guarded")
        assert code == 0
        assert "the model is empty while 3 rows are synced" in out
        assert shop.runner("push", "guarded")[0] == 3
        assert shop.runner("approve", "guarded")[0] == 0
        shop.push("guarded")
        assert not {"u21", "u22", "u23"} & set(shop.profiles())

    def test_package_models_and_tests(self, shop: Project) -> None:
        """The observability models and the generic tests run as they do elsewhere."""
        shop.people([31], table="raw_watched")
        shop.model("watched")
        shop.activation("watching", "ref('watched')")
        shop.write("models/watching.yml", WATCHED)
        shop.build("watched watching package:tailrace")
        query = (
            "select open_rows, is_held from marketing.tailrace_activation_status "
            "where activation = 'watching'"
        )
        assert shop.rows(query) == [(1, False)]
        (shop.folder / "models" / "watching.yml").unlink()

    def test_nothing_built(self, shop: Project) -> None:
        """Where no control tables are, the runner says that nothing was built yet."""
        code, _, err = shop.runner("status", "--schema", "nowhere")
        assert code == 2
        assert "No activation was built yet in schema nowhere" in err
        query = "select 'all' as said from (select 1 as one) as nothing where 'a % b' like '%b'"
        assert shop.rows(query) == [("all",)]
