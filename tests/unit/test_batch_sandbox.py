"""The stand-in for Batch is as strict as its contract (sections 1 and 3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runner.sandbox import API_KEY, Answer, Call, Fault
from runner.sandbox.batch import Batch, Settings

NOW = 1_772_450_000.0  # 2026-03-02T11:13:20Z
APP = "/1.0/sandbox-ios/data/users"
UPDATE = "/2.11/profiles/update"
HEADERS = {
    "content-type": "application/json",
    "x-authorization": API_KEY,
    "authorization": f"Bearer {API_KEY}",
    "x-batch-project": "project_sandbox",
}


@pytest.fixture
def batch() -> Batch:
    """A stand-in whose clock stands still."""
    return Batch(Settings(clock=lambda: NOW))


def post(batch: Batch, path: str, body: object, **headers: str) -> Answer:
    """Send one request with both keys."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return batch.handle(Call(method="POST", path=path, headers={**HEADERS, **named}, body=content))


def user(name: str = "a", /, **values: object) -> dict[str, Any]:
    """A user of the Custom Data API."""
    keyed = {f"u.{key}": value for key, value in values.items()}
    return {"id": name, "update": {"overwrite": False, "values": keyed}}


def edit(name: str = "a", /, **attributes: object) -> dict[str, Any]:
    """An edit of the Profile API."""
    return {"identifiers": {"custom_id": name}, "attributes": attributes}


def test_custom_data_is_merged_in_the_app_that_was_named(batch: Batch) -> None:
    """Null removes, a key left out stays, and the other app knows nothing."""
    assert post(batch, APP, [user(tier="gold", score=1)]).status == 202
    assert post(batch, APP, [user(score=None, vip=True)]).status == 202
    assert batch.state.apps["sandbox-ios"] == {"a": {"u.tier": "gold", "u.vip": True}}
    assert batch.state.apps["sandbox-android"] == {}


@pytest.mark.parametrize(
    "bad",
    [
        user(x="y" * 65),
        user(x=""),
        user(x={"a": 1}),
        user(x=2**63),
        user(Upper=1),
        user(**{"x" * 31: 1}),
        user(""),
        {"id": "b", "update": {"overwrite": True, "values": {}}},
        {"id": "b", "update": {"overwrite": False, "values": {"bare": 1}}},
        {"id": "b", "update": {"overwrite": False, "values": {"date(u.x)": "2026-01-01"}}},
        {
            "id": "b",
            "update": {"overwrite": False, "values": {"date(u.x)": "2026-01-01T00:00:00Z"}},
        },
        {"id": "b", "update": {"overwrite": False, "values": {"ut.x": ["", "a"]}}},
        {"id": "b"},
        "b",
    ],
)
def test_one_bad_user_refuses_all(batch: Batch, bad: object) -> None:
    """U6: a 400 rejects the whole request."""
    assert post(batch, APP, [user("good", x=1), bad]).status == 400
    assert batch.state.apps["sandbox-ios"] == {}


def test_a_user_that_stands_twice_refuses_all(batch: Batch) -> None:
    """Which of the two would win is not promised."""
    assert post(batch, APP, [user(x=1), user(x=2)]).status == 400
    assert post(batch, UPDATE, [edit(x=1), edit(x=2)]).status == 400
    assert not batch.people()


@pytest.mark.parametrize(("path", "most"), [(APP, 10_000), (UPDATE, 200)])
def test_more_than_the_limit_refuses_all(batch: Batch, path: str, most: int) -> None:
    """10,000 users, 200 edits."""
    make = user if path == APP else edit
    assert post(batch, path, [make(str(n)) for n in range(most + 1)]).status == 400
    assert post(batch, path, [make(str(n)) for n in range(most)]).status == 202
    assert post(batch, path, []).status == 400


def test_a_wrong_attribute_is_refused_alone(batch: Batch) -> None:
    """202 with its index and name; the rest of the edit holds."""
    answer = post(batch, UPDATE, [edit("a", x=1), edit("b", nick="", tier="gold")])
    told = json.loads(answer.body)
    assert (answer.status, told["code"]) == (202, "SUCCESS_WITH_PARTIAL_ERRORS")
    (error,) = told["errors"]
    assert (error["category"], error["bulk_index"], error["attribute"]) == ("attribute", 1, "nick")
    assert batch.state.profiles["b"].attributes == {"tier": "gold"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("x", "y" * 301),
        ("x", ["a"] * 26),
        ("x", [1]),
        ("x", {"a": 1}),
        ("x", {"$add": "a"}),
        ("x", -(2**63) - 1),
        ("X", 1),
        ("u.x", 1),
        ("date(x)", "2026-01-01T00:00:00"),
        ("date(x)", "2026-13-01T00:00:00Z"),
        ("url(x)", "u" * 2049),
        ("$phone_number", "0612345678"),
        ("$region", "fr"),
        ("$email_marketing", "yes"),
        ("$own", 1),
    ],
)
def test_attributes_that_a_profile_cannot_have(batch: Batch, key: str, value: object) -> None:
    """Each is refused, and nothing of it kept."""
    told = json.loads(post(batch, UPDATE, [edit(**{key: value})]).body)
    assert [error["attribute"] for error in told["errors"]] == [key]
    assert batch.state.profiles["a"].attributes == {}


def test_arrays_are_replaced_or_edited(batch: Batch) -> None:
    """A bare array replaces, $add and $remove edit, null erases."""
    for value in (["a", "b"], {"$add": ["b", "c"]}, {"$remove": ["a"]}):
        post(batch, UPDATE, [edit(tags=value)])
    assert batch.state.profiles["a"].attributes == {"tags": ["b", "c"]}
    post(batch, UPDATE, [edit(tags=None)])
    assert batch.state.profiles["a"].attributes == {}


@pytest.mark.parametrize(
    ("event", "taken"),
    [
        ({"name": "x", "time": "2026-03-02T11:13:20Z", "attributes": {"a": {"b": 1}}}, True),
        ({"name": "x", "time": "2026-03-01T11:13:20Z"}, True),
        ({"name": "x", "time": "2026-03-01T11:13:19Z"}, False),
        ({"name": "x", "time": "2026-03-02T11:13:21Z"}, False),
        ({"name": "x", "time": "2026-03-02T11:13:20"}, False),
        ({"name": "u.x"}, False),
        ({"name": "x", "attributes": {"a": None}}, False),
        ({"name": "x", "attributes": {"a": ""}}, False),
        ({"name": "x", "other": 1}, False),
    ],
)
def test_only_events_of_the_last_day_are_taken(batch: Batch, event: object, taken: bool) -> None:
    """Whatever is wrong with an event is told by the edit's index, and it is not kept."""
    body = [{"identifiers": {"custom_id": "a"}, "events": [event]}]
    told = json.loads(post(batch, UPDATE, body).body)
    assert (told["code"] == "SUCCESS") is taken
    assert ("a" in batch.state.profiles) is taken
    assert [error["bulk_index"] for error in told.get("errors", [])] == ([] if taken else [0])


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (APP, {"x_authorization": "other"}, 401),
        (APP.replace("ios", "web"), {}, 404),
        (APP.replace("1.0", "1.1"), {}, 404),
        (UPDATE, {"authorization": API_KEY}, 401),
        (UPDATE, {"x_batch_project": "other"}, 403),
        ("/2.11/profiles/export", {}, 404),
        (UPDATE, {"content_type": "text/plain"}, 415),
    ],
)
def test_who_may_call_what(batch: Batch, path: str, headers: dict[str, str], status: int) -> None:
    """Each generation has a header of its own for the key."""
    body = [user() if path.endswith("users") else edit()]
    assert post(batch, path, body, **headers).status == status
    assert not batch.people()


def test_rows_chosen_to_fail(batch: Batch) -> None:
    """The Profile API refuses one of them, the Custom Data API the whole request."""
    batch.refuse({"a": "NOT_NOW"}, dropped=frozenset({"c"}))
    told = json.loads(post(batch, UPDATE, [edit("a"), edit("b"), edit("c")]).body)
    assert [(e["category"], e["bulk_index"]) for e in told["errors"]] == [("not_now", 0)]
    assert list(batch.state.profiles) == ["b"]
    assert post(batch, APP, [user("a"), user("b")]).status == 400


def test_what_it_shows(batch: Batch) -> None:
    """Counts, one person, and an answer that misleads."""
    post(batch, APP, [user(x=1)])
    post(batch, UPDATE, [edit(tier="gold")])
    counts = batch.counts()
    assert counts["contacts"] == {"sandbox-ios": 1, "sandbox-android": 0}
    assert (counts["profiles"], counts["rows"]) == (1, {"accepted": 2})
    (person,) = batch.named("custom_id", "a", "")
    assert person["apps"] == {"sandbox-ios": {"u.x": 1}}
    good = post(batch, UPDATE, [edit()])
    misled = json.loads(batch.misled(good, Fault(kind="unknown_rows")).body)
    assert misled["errors"][0]["bulk_index"] == 10_000
