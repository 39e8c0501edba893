"""The stand-in's /users/track, section by section of Braze's contract."""

from __future__ import annotations

import json

import pytest

from runner.sandbox.braze import Profile, Rules, State
from runner.sandbox.braze.state import RequestRefusedError
from runner.sandbox.braze.track import NOTHING_VALID, TrackResult, track
from runner.sandbox.jsontext import loads
from runner.sandbox.sandbox import Refusals

EVENT = {"external_id": "u-1", "name": "trial_ended", "time": "2026-03-01T00:00:00Z"}
PURCHASE = {
    "external_id": "u-1",
    "product_id": "plan",
    "currency": "EUR",
    "price": 120,
    "time": "2026-03-01T10:00:00Z",
}


def send(state: State, **arrays: object) -> TrackResult:
    """Send arrays as the wire would carry them."""
    return track(state, loads(json.dumps(arrays).encode()))


def user(state: State, external_id: str = "u-1") -> Profile:
    """A profile that must exist."""
    return state.by_external_id[external_id]


def types(result: TrackResult) -> list[str]:
    """The reasons of all refusals."""
    return [entry.type for entry in result.errors]


# --- section 3.1: the request


@pytest.mark.parametrize("body", [{}, {"attributes": []}, {"other": [{}]}, [], 5, None])
def test_a_request_without_objects_is_refused(body: object) -> None:
    """3.1: at least one array with at least one object."""
    with pytest.raises(RequestRefusedError, match="Valid data must be provided"):
        track(State(), body)


def test_more_objects_than_allowed_are_refused_before_anything_is_taken() -> None:
    """2.1 and 3.9: 75 objects in total, over all three arrays."""
    state = State()
    people = [{"external_id": f"u-{n}", "x": 1} for n in range(74)]
    send(state, attributes=people, events=[EVENT])
    assert len(state.profiles) == 74
    with pytest.raises(RequestRefusedError, match="Max Input Length Exceeded"):
        send(state, attributes=[{"external_id": "late"}, *people], events=[EVENT])
    assert "late" not in state.by_external_id


def test_the_number_of_objects_is_a_setting() -> None:
    """2.1: Braze changes limits by contract."""
    with pytest.raises(RequestRefusedError, match="Max Input Length Exceeded"):
        send(State(rules=Rules(objects=1)), events=[EVENT, EVENT])


def test_attributes_are_stored_before_events() -> None:
    """3.1: processing starts in the order attributes, events, purchases."""
    state = State()
    update_only = EVENT | {"_update_existing_only": True}
    send(state, events=[update_only], attributes=[{"external_id": "u-1"}])
    assert len(user(state).events) == 1


# --- section 3.2 and 3.3: identifiers


@pytest.mark.parametrize(
    ("thing", "reason"),
    [
        ({"x": 1}, "is required"),
        ({"external_id": None, "x": 1}, "is required"),
        ({"external_id": "", "x": 1}, "is required"),
        ({"external_id": 5}, "'external_id' is not valid"),
        ({"external_id": "a", "braze_id": "b"}, "exactly one of"),
        ({"external_id": "é" * 494}, "EXTERNAL_USER_ID_TOO_LARGE"),
        ({"user_alias": {"alias_name": "a"}}, "'user_alias' is not valid"),
        ({"email": "nobody"}, "EMAIL_BAD_FORMAT"),
        ({"phone": "0612345678"}, "'phone' is not valid"),
        ({"external_id": "a", "_update_existing_only": "yes"}, "_update_existing_only"),
    ],
)
def test_an_object_needs_exactly_one_good_identifier(thing: object, reason: str) -> None:
    """3.2: two primaries, none, or a malformed one: the object is refused, and once."""
    result = send(State(), attributes=[thing])
    assert result.accepted == {}
    assert len(result.errors) == 1
    assert reason in result.errors[0].type


def test_an_external_id_may_have_987_bytes() -> None:
    """3.2: the limit counts bytes, and is the last length allowed."""
    assert send(State(), attributes=[{"external_id": "é" * 493 + "x"}]).accepted


def test_an_unknown_external_id_makes_a_profile_unless_update_only() -> None:
    """3.3: accepted both times, created once."""
    state = State()
    result = send(
        state,
        attributes=[{"external_id": "a"}, {"external_id": "b", "_update_existing_only": True}],
    )
    assert result.accepted == {"attributes": 2}
    assert list(state.by_external_id) == ["a"]
    assert state.objects["attributes", "ignored"] == 1


@pytest.mark.parametrize("array", ["attributes", "events"])
def test_an_unknown_alias_makes_a_profile_only_when_told(array: str) -> None:
    """3.3: by alias the default is update-only; false must be said."""
    state = State()
    thing = EVENT | {"user_alias": {"alias_label": "crm", "alias_name": "88"}}
    del thing["external_id"]
    send(state, **{array: [thing]})
    assert not state.profiles
    send(state, **{array: [thing | {"_update_existing_only": False}]})
    send(state, **{array: [thing]})
    assert [profile.aliases for profile in state] == [{"crm": "88"}]


def test_an_unknown_braze_id_never_makes_a_profile() -> None:
    """3.2: Braze assigns it."""
    state = State()
    assert send(state, attributes=[{"braze_id": "x", "_update_existing_only": False}]).accepted
    assert not state.profiles


def test_with_an_external_id_the_email_is_only_a_value() -> None:
    """3.2: a new external_id with a known email makes a second profile."""
    state = State()
    send(state, attributes=[{"email": "lena@example.com"}])
    send(state, attributes=[{"external_id": "u-1", "email": "lena@example.com"}])
    assert len(state.profiles) == 2
    assert user(state).fields == {"email": "lena@example.com"}


def test_an_email_shared_by_several_finds_the_identified_and_then_the_latest() -> None:
    """3.2: the most recently updated one wins, those with an external_id first."""
    state = State()
    email = "lena@example.com"
    for person in ("a", "b"):
        send(state, attributes=[{"external_id": person, "email": email}])
    send(state, attributes=[{"external_id": "a", "x": 1}])
    send(state, attributes=[{"email": email, "found": True}])
    assert [p.external_id for p in state if "found" in p.custom_attributes] == ["a"]


# --- section 3.8: replies


def test_errors_name_array_and_place_of_this_request() -> None:
    """3.8: good objects are taken, refused ones are named by array and index."""
    state = State()
    result = send(
        state,
        attributes=[{"external_id": "u-1"}, {"external_id": "u-2", "email": "bad"}],
        events=[EVENT | {"time": "never"}],
        purchases=[PURCHASE | {"quantity": 0, "price": "1"}, PURCHASE],
    )
    assert result.accepted == {"attributes": 1, "purchases": 1}
    assert {(e.input_array, e.index, e.type) for e in result.errors} == {
        ("attributes", 1, "EMAIL_BAD_FORMAT"),
        ("events", 0, "'time' is not valid"),
        ("purchases", 0, "'quantity' is not valid"),
        ("purchases", 0, "'price' is not valid"),
    }


def test_chosen_rows_are_refused_until_they_are_not() -> None:
    """A test can have rows refused with a code, or lost in silence, and later accepted."""
    state = State()
    body = {"attributes": [{"external_id": n} for n in ("a", "b", "c")]}
    refusals = Refusals(codes={"a": "BLACKLISTED_EXTERNAL_USER_ID"}, dropped=frozenset({"b"}))
    result = track(state, body, refusals=refusals)
    assert types(result) == ["BLACKLISTED_EXTERNAL_USER_ID"]
    assert result.accepted == {"attributes": 2}
    assert list(state.by_external_id) == ["c"]
    track(state, body)
    assert sorted(state.by_external_id) == ["a", "b", "c"]


def test_checking_without_storing_changes_no_profile() -> None:
    """A silent drop answers like the real thing."""
    state = State()
    assert track(state, {"attributes": [{"external_id": "a"}]}, store=False).accepted
    assert not state.profiles
    assert NOTHING_VALID.startswith("Valid data")
