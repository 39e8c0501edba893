"""Custom attributes of the stand-in: types, limits and operators (Braze contract, 3.5, 3.7)."""

from __future__ import annotations

import json

import pytest

from runner.sandbox.braze import Rules, State
from runner.sandbox.braze.track import track
from runner.sandbox.jsontext import dumps, loads


def after(*values: object, merge: bool = False, state: State | None = None) -> object:
    """What attribute `x` holds after these values came one by one; every one answers well."""
    state = state or State()
    for value in values:
        thing = {"external_id": "u", "x": value, "_merge_objects": merge}
        result = track(state, loads(json.dumps({"attributes": [thing]}).encode()))
        assert result.accepted == {"attributes": 1}
    return state.by_external_id["u"].custom_attributes.get("x")


@pytest.mark.parametrize(
    "values",
    [
        (1, "text"),
        ("text", 1),
        (True, 1),
        (1, True),
        ("text", ["a"]),
        (["a"], {"k": 1}),
        (["a"], [{"k": 1}]),
        ({"k": 1}, "text"),
        ("2026-03-01T09:30:00Z", "not a time"),
    ],
)
def test_a_value_of_another_type_than_the_first_is_dropped_in_silence(
    values: tuple[object, object],
) -> None:
    """3.5 and 10: the first value fixes the type, later ones of another are lost after the 201."""
    assert after(*values) == values[0]


def test_the_type_belongs_to_the_attribute_not_to_the_profile() -> None:
    """3.5: one type a workspace, and removing the value does not free it."""
    state = State()
    after(1, None, state=state)
    track(state, {"attributes": [{"external_id": "other", "x": "text"}]})
    assert state.by_external_id["other"].custom_attributes == {}
    assert state.dropped["wrong type"] == 1


@pytest.mark.parametrize("pair", [(1, 2), ("a", "2026-03-01"), ([], ["a"]), (["a"], [])])
def test_values_of_one_type_replace_each_other(pair: tuple[object, object]) -> None:
    """3.5: integer and float are numbers, a time is text where text came first."""
    assert after(*pair) == pair[1]


@pytest.mark.parametrize(
    "value",
    [
        "x" * 256,
        ["a", None],
        [["a"]],
        ["x" * 256],
        [{"k": 1}, "a"],
        {"k": None},
        {"k": {"deep": None}},
        {"k": "x" * 256},
        {"bad name": 1},
        {"a.b": 1},
        {"a$": 1},
        {"day": {"$time": "soon"}},
        {"day": {"$time": None}},
        {f"k{n}": "x" * 250 for n in range(400)},
        {"inc": 1.5},
        {"add": "a"},
        {"$add": "a"},
        {"$rename": {}},
    ],
)
def test_what_breaks_a_limit_is_dropped_in_silence(value: object) -> None:
    """3.5, 3.7, 10: 201, and nothing of this attribute is stored."""
    assert after(value) is None


def test_a_dropped_value_leaves_the_old_one_and_the_other_attributes() -> None:
    """3.7: null inside an object throws away this attribute's update only."""
    state = State()
    after({"k": 1}, state=state)
    track(state, {"attributes": [{"external_id": "u", "x": {"k": 2, "m": None}, "y": 3}]})
    assert state.by_external_id["u"].custom_attributes == {"x": {"k": 1}, "y": 3}


@pytest.mark.parametrize("value", ["x" * 255, "", {"day": {"$time": "2020-05-28"}}, {}, {"a": []}])
def test_what_keeps_to_the_limits_is_stored_as_sent(value: object) -> None:
    """3.5 and 3.7: 255 characters, empty text, and dates inside objects."""
    assert after(value) == value


def test_an_object_replaces_or_merges() -> None:
    """3.4: `_merge_objects` decides; the default replaces."""
    old, new = {"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 9}}
    assert after(old, new) == new
    assert after(old, new, merge=True) == {"a": {"b": 9, "c": 2}, "d": 3}
    assert after(old, {"a": None}, merge=True) == old


def test_inc_adds_and_starts_at_nothing() -> None:
    """3.5: integers only."""
    assert after({"inc": 2}, {"inc": -5}) == -3
    assert after(1.5, {"inc": 1}) == 1.5
    assert after("text", {"inc": 1}) == "text"


def test_an_array_is_an_ordered_set() -> None:
    """3.5: duplicates collapse, a repeated item moves to the end, 1 is not true."""
    assert after(["a", "b", "a"]) == ["b", "a"]
    assert dumps(after([1, True, "1"])) == '[1,true,"1"]'
    assert after(["a", "b"], {"add": ["c", "a"], "remove": ["b"]}) == ["c", "a"]


def test_a_full_array_loses_its_oldest_items() -> None:
    """3.5: one item too many drops the oldest."""
    state = State(rules=Rules(array_items=2))
    assert after(["a", "b"], {"add": ["c"]}, state=state) == ["b", "c"]


def test_arrays_of_objects_have_dollar_operators() -> None:
    """3.5: $add appends, $remove removes every match, $update needs `_merge_objects`."""
    items = [{"id": 1, "n": "a"}, {"id": 2}, {"id": 1}]
    one = {"$identifier_key": "id", "$identifier_value": 1}
    assert after(items, {"$remove": [one]}) == [{"id": 2}]
    assert after(items, {"$add": [{"id": 3}]}) == [*items, {"id": 3}]
    update = {"$update": [one | {"$new_object": {"n": "z"}}]}
    assert after(items, update) == items
    assert after(items, update, merge=True) == [{"id": 1, "n": "z"}, {"id": 2}, {"id": 1, "n": "z"}]
