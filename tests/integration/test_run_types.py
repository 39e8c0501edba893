"""Run types, shards, refusals, leavers and doubts, from the build to the destination and back."""

from __future__ import annotations

from typing import Any

import pytest

from runner.sandbox.faults import Fault
from tests.support.project import OPEN, Project

EVENTS: dict[str, Any] = {
    "service": "events",
    "sync_mode": "incremental",
    "attributes": {"time": "happened_at"},
    "settings": {"event_name": "seen"},
    "guards": OPEN,
}
NOW = "current_timestamp at time zone 'UTC'"


@pytest.fixture
def pushed(shop: Project) -> Project:
    """Start with an empty destination."""
    shop.server.sandbox.reset()
    return shop


def test_full_and_baseline(pushed: Project) -> None:
    """`full` sends every row at each build; a baseline sends none and counts all as synced."""
    pushed.people([1, 2])
    pushed.activation("of_full", run_type="full")
    pushed.activation("of_baseline", run_type="baseline", shards=2)
    pushed.build("people of_full of_baseline")
    pushed.push("of_full", "of_baseline")
    assert pushed.server.sandbox.journal.total == 1

    pushed.build("of_full of_baseline")
    assert pushed.plan("of_full") == [("update", "u1"), ("update", "u2")]
    assert pushed.plan("of_baseline") == []
    assert set(pushed.synced("of_baseline").values()) == {"acknowledged"}
    assert len(pushed.synced("of_baseline")) == 2


def test_refresh_after(pushed: Project) -> None:
    """Rows acknowledged long ago are sent again, each at its own day and within the days given."""
    pushed.people(range(60))
    pushed.activation("refreshed", refresh_after="30 days")
    pushed.build("people refreshed")
    pushed.settle("refreshed")
    pushed.build("refreshed")
    assert pushed.plan("refreshed") == []
    due = []
    for days in (0, 10, 20, 31):
        pushed.execute(
            "update marketing.refreshed__synced "
            f"set _acknowledged_at = {NOW} - interval '{days} days'"
        )
        pushed.build("refreshed")
        plan = pushed.plan("refreshed")
        assert {operation for operation, _ in plan} <= {"update"}
        due.append(len(plan))
    assert due[0] == 0
    assert 5 <= due[1] < due[2] < due[3] == 60
    assert pushed.payloads("refreshed")["u7"] == {"name": "n7"}


def test_shards(pushed: Project) -> None:
    """Ordinals are dense within each shard, and a push settles all of them."""
    pushed.people(range(200))
    pushed.activation("sharded", shards=3)
    pushed.build("people sharded")
    shards = pushed.rows(
        "select _shard, min(_ordinal), max(_ordinal), count(*), count(distinct _ordinal) "
        "from marketing.sharded group by _shard order by _shard"
    )
    assert [shard[0] for shard in shards] == [0, 1, 2]
    assert all(first == 1 and last == rows == distinct for _, first, last, rows, distinct in shards)
    pushed.push("sharded")
    assert len(pushed.profiles()) == 200
    pushed.build("sharded")
    assert pushed.plan("sharded") == []
    assert len(pushed.synced("sharded")) == 200


def test_late_events(pushed: Project) -> None:
    """Events older than the lookback are counted and not sent; a key is sent once, ever."""
    moment = f", {NOW} - i * interval '1 day' as happened_at"
    pushed.people([1, 5, 8, 9], columns=moment, table="raw_late")
    pushed.model("late")
    pushed.activation("of_late", "ref('late')", **EVENTS, lookback=7)
    pushed.build("late of_late")
    assert pushed.plan("of_late") == [("insert", "u1"), ("insert", "u5")]
    assert pushed.registration("of_late").late_rows == 2
    pushed.push("of_late")
    pushed.build("of_late")
    assert pushed.plan("of_late") == []
    assert sorted(pushed.profiles()) == ["u1", "u5"]


def test_events_of_an_age(pushed: Project) -> None:
    """Too old ones are invalid unless they were sent, too young ones wait, and both are counted."""
    moment = f", {NOW} - i * interval '1 hour' as happened_at"
    pushed.people([-2, 1, 5, 30, 40], columns=moment, table="raw_aged")
    pushed.model("aged")
    ages = {"max_age": "24 hours", "min_age": "2 hours"}
    pushed.activation("of_hours", "ref('aged')", **EVENTS, **ages)
    pushed.build("aged of_hours")
    too_old = [("invalid", "u30"), ("invalid", "u40")]
    assert pushed.plan("of_hours") == [("insert", "u5"), *too_old]
    registered = pushed.registration("of_hours")
    assert (registered.invalid_rows, registered.waiting_rows, registered.late_rows) == (2, 2, 0)
    found = pushed.rows(
        "select distinct _invalid_reason from marketing.of_hours where _operation = 'invalid'"
    )
    assert found == [("older than max_age",)]
    pushed.push("of_hours")

    pushed.activation("of_hours", "ref('aged')", **EVENTS, max_age="240 minutes", min_age="0 days")
    pushed.build("of_hours")
    assert pushed.plan("of_hours") == [("insert", "u1"), *too_old], "what was sent is not too old"
    registered = pushed.registration("of_hours")
    assert (registered.invalid_rows, registered.waiting_rows) == (2, 1)


def test_longer_lookback(pushed: Project) -> None:
    """Events whose keys were forgotten are not sent again when `lookback` is made longer."""
    moment = f", {NOW} - i * interval '1 day' as happened_at"
    pushed.people([20, 30, 40], columns=moment, table="raw_aging")
    pushed.model("aging")
    pushed.activation("of_age", "ref('aging')", **EVENTS, lookback=35)
    pushed.build("aging of_age")
    pushed.push("of_age")
    pushed.activation("of_age", "ref('aging')", **EVENTS, lookback=7)
    pushed.build("of_age")
    pushed.activation("of_age", "ref('aging')", **EVENTS, lookback=60)
    pushed.build("of_age")
    assert pushed.plan("of_age") == []
    assert pushed.registration("of_age").late_rows == 3


def test_longer_lookback_before_anything_was_forgotten(pushed: Project) -> None:
    """Events that were late and never sent are sent when `lookback` is made longer."""
    moment = f", {NOW} - i * interval '1 day' as happened_at"
    pushed.people([1, 20, 40], columns=moment, table="raw_young")
    pushed.model("young")
    pushed.activation("of_youth", "ref('young')", **EVENTS, lookback=7)
    pushed.build("young of_youth")
    pushed.push("of_youth")
    pushed.activation("of_youth", "ref('young')", **EVENTS, lookback=30)
    pushed.build("of_youth")
    assert pushed.plan("of_youth") == [("insert", "u20")]


def test_max_attempts(pushed: Project) -> None:
    """A row refused too often rests, and comes back when its values change, or change back."""
    pushed.people([1, 2])
    pushed.activation("refused", max_attempts=2, guards={"max_rejected_share": 100})
    pushed.server.sandbox.refuse({"u2": "TEST_REFUSAL"})
    for _ in range(2):
        pushed.build("people refused")
        assert ("insert", "u2") in pushed.plan("refused")
        pushed.push("refused")
    pushed.build("refused")
    assert pushed.plan("refused") == [("resting", "u2")]
    assert pushed.registration("refused").resting_rows == 1
    assert "resting" in pushed.runner("plan", "refused")[1]
    assert sorted(pushed.profiles()) == ["u1"]

    pushed.server.sandbox.refuse({})
    pushed.execute("update marketing.raw_people set name = 'new' where id = 'u2'")
    pushed.build("refused")
    assert pushed.plan("refused") == [("insert", "u2")]
    pushed.push("refused")
    assert pushed.profiles()["u2"] == {"name": "new"}

    # What was acknowledged in between ends the count, also for the values that rested.
    pushed.people([1, 2])
    pushed.build("people refused")
    assert pushed.plan("refused") == [("update", "u2")]


def test_leavers(pushed: Project) -> None:
    """A mirror deletes who left, empties what it sent, or leaves it, by `on_leave`."""
    names = [f"leave_{choice}" for choice in ("delete", "unset", "ignore")]
    pushed.people([1, 2], table="raw_leavers")
    for name in names:
        pushed.table(
            f"raw_{name}", f"select '{name}-' || id as id, name from marketing.raw_leavers"
        )
        pushed.model(name.replace("leave", "left"), f"raw_{name}")
        reads = f"ref('{name.replace('leave', 'left')}')"
        pushed.activation(
            name, reads, sync_mode="mirror", on_leave=name.removeprefix("leave_"), guards=OPEN
        )
    pushed.build("left_* leave_*")
    pushed.push("leave_*")
    assert len(pushed.profiles()) == 6
    for name in names:
        pushed.execute(f"delete from marketing.raw_{name} where name = 'n2'")
    pushed.build("leave_*")
    pushed.push("leave_*")
    kept = {f"{name}-u1": {"name": "n1"} for name in names}
    emptied: dict[str, object] = {"leave_unset-u2": {}, "leave_ignore-u2": {"name": "n2"}}
    assert pushed.profiles() == kept | emptied
    pushed.build("leave_*")
    assert [pushed.plan(name) for name in names] == [[], [], []]


@pytest.mark.parametrize(
    ("policy", "code", "times"), [("hold", 4, 1), ("resend", 0, 2), ("skip", 0, 1)]
)
def test_doubts(pushed: Project, policy: str, code: int, times: int) -> None:
    """An answer that never came: hold asks a person, resend may repeat, skip may lose."""
    name = f"doubt_{policy}"
    pushed.people([1], columns=f", {NOW} as happened_at", table="raw_doubts")
    pushed.model("doubts")
    pushed.activation(name, "ref('doubts')", **EVENTS, in_doubt=policy)
    pushed.build(f"doubts {name}")
    pushed.server.sandbox.faults.plan([Fault(kind="cut_after")])
    found, out, err = pushed.runner("push", name)
    assert found == code, out + err

    if policy == "hold":
        assert f"decide with runner resolve {name} --resend or --skip" in out + err
        assert pushed.runner("push", name)[0] == 3
        pushed.build(name)  # a build keeps the doubt for the person to settle
        assert pushed.synced(name) == {"u1": "in_doubt"}
        assert pushed.plan(name) == []
        assert "in doubt" in pushed.runner("status", name)[1]
        assert pushed.runner("resolve", name, "--skip")[0] == 0
        assert pushed.synced(name) == {"u1": "skipped"}
    pushed.build(name)
    assert pushed.plan(name) == []
    pushed.push(name)
    with pushed.server.sandbox.lock:
        assert len(pushed.server.sandbox.state.by_external_id["u1"].events) == times


def test_doubts_at_a_build(pushed: Project) -> None:
    """What a dead push left in doubt waits for a person, is given up, or is planned again."""
    policies = ("hold", "skip", "resend")
    names = [f"died_{policy}" for policy in policies]
    pushed.people([1], columns=f", {NOW} as happened_at", table="raw_doubts")
    pushed.model("doubts")
    for name, policy in zip(names, policies, strict=True):
        pushed.activation(name, "ref('doubts')", **EVENTS, in_doubt=policy)
    pushed.build(f"doubts {' '.join(names)}")
    pushed.settle(*names, sending=1, up_to=0)
    pushed.build(" ".join(names))
    assert [pushed.synced(name) for name in names] == [{"u1": "in_doubt"}, {"u1": "skipped"}, {}]
    assert [pushed.plan(name) for name in names] == [[], [], [("insert", "u1")]]
