"""What the stand-in's /users/track checks and keeps in each kind of object (Braze contract)."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from runner.sandbox.braze import Profile, Rules, State
from runner.sandbox.braze.track import TrackResult, track
from runner.sandbox.jsontext import Number, loads

GROUP = "3f0c5a1e-0000-4000-8000-000000000001"
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


# --- section 3.4: standard fields


@pytest.mark.parametrize(
    ("field", "bad", "code"),
    [
        ("email", "no address", "EMAIL_BAD_FORMAT"),
        ("email_subscribe", "yes", "BAD_EMAIL_SUBSCRIPTION_STATE"),
        ("push_subscribe", True, "BAD_PUSH_SUBSCRIPTION_STATE"),
        ("gender", "female", "'gender' is not valid"),
        ("dob", "2001-02-30", "'dob' is not valid"),
        ("dob", "1.2.2001", "'dob' is not valid"),
        ("first_name", 5, "'first_name' is not valid"),
        ("current_location", [1, 2], "BAD_LOCATION_UPDATE"),
        ("current_location", {"longitude": "1", "latitude": 2}, "BAD_LOCATION_UPDATE"),
        ("subscription_groups", {}, "BAD_SUBSCRIPTION_GROUP_ARRAY"),
        ("subscription_groups", [GROUP], "BAD_SUBSCRIPTION_GROUP_HASH"),
        ("push_tokens", [{"app_id": "a"}], "BAD_PUSH_TOKEN_STRING"),
        ("push_tokens", [{"app_id": "a", "token": "t", "device_id": "short"}], "BAD_DEVICE_ID"),
        ("push_token_import", True, "BAD_PUSH_TOKEN_IMPORT"),
        ("email_subscription_info", {}, "INVALID_ATTRIBUTE_EMAIL_SUBSCRIPTION_INFO"),
        ("date_of_first_session", "soon", "'date_of_first_session' is not valid"),
        ("twitter", {"id": "text"}, "'twitter' is not valid"),
        ("facebook", {"likes": "x"}, "'facebook' is not valid"),
        ("_merge_objects", 1, "'_merge_objects' is not valid"),
    ],
)
def test_one_bad_field_refuses_the_whole_object(field: str, bad: object, code: str) -> None:
    """3.4 and 3.8: documented codes; the good fields beside it are not stored either."""
    state = State()
    result = send(
        state,
        attributes=[{"external_id": "u-1", "plan": "gold", field: bad}, {"external_id": "u-2"}],
    )
    assert types(result) == [code]
    assert list(state.by_external_id) == ["u-2"]


@pytest.mark.parametrize(
    ("group", "code"),
    [
        (
            {"subscription_group_id": "no", "subscription_state": "subscribed"},
            "BAD_SUBSCRIPTION_GROUP_ID",
        ),
        (
            {"subscription_group_id": GROUP, "subscription_state": "maybe"},
            "BAD_SUBSCRIPTION_GROUP_STATE",
        ),
    ],
)
def test_bad_groups_have_codes_of_their_own(group: object, code: str) -> None:
    """3.8: the group's id and state are told apart."""
    result = send(State(), attributes=[{"external_id": "u-1", "subscription_groups": [group]}])
    assert types(result) == [code]


def test_a_workspace_may_know_its_groups() -> None:
    """3.8: an unknown UUID is refused where the groups are known."""
    state = State(rules=Rules(known_groups=frozenset()))
    item = {"subscription_group_id": GROUP, "subscription_state": "subscribed"}
    result = send(state, attributes=[{"external_id": "u-1", "subscription_groups": [item]}])
    assert types(result) == ["BAD_SUBSCRIPTION_GROUP_ID"]


def test_groups_change_everyone_with_the_same_email() -> None:
    """3.4: subscription_groups through this endpoint go by the email too."""
    state = State()
    email = "family@example.com"
    item = {"subscription_group_id": GROUP, "subscription_state": "subscribed"}
    people = [{"external_id": n, "email": email} for n in ("a", "b")]
    send(state, attributes=[*people, {"external_id": "c"}])
    send(state, attributes=[{"external_id": "a", "subscription_groups": [item]}])
    assert [p.subscriptions for p in state] == [{GROUP: "subscribed"}, {GROUP: "subscribed"}, {}]


def test_country_and_time_zone_fail_in_silence() -> None:
    """3.4 and 10: an unmappable country becomes null, an invalid zone is ignored."""
    state = State()
    good = {"country": "Australia", "time_zone": "Europe/Paris"}
    send(state, attributes=[{"external_id": "u-1"} | good])
    assert user(state).fields == {"country": "AU", "time_zone": "Europe/Paris"}
    bad = {"country": "Atlantis", "time_zone": "Mars/Base"}
    assert send(state, attributes=[{"external_id": "u-1"} | bad]).errors == ()
    assert user(state).fields == {"time_zone": "Europe/Paris"}


def test_names_are_case_sensitive_and_bio_is_gone() -> None:
    """3.4: `Email` is a custom attribute, `bio` is not kept at all."""
    state = State()
    send(state, attributes=[{"external_id": "u-1", "Email": "x", "bio": "y"}])
    assert user(state).custom_attributes == {"Email": "x"}
    assert user(state).fields == {}


# --- section 3.7: null and absence


def test_null_removes_and_absence_leaves() -> None:
    """3.7: for fields and custom attributes; identifiers cannot be removed."""
    state = State()
    first = {"first_name": "Lena", "email": "lena@example.com", "plan": "gold", "n": 1, "e": ""}
    send(state, attributes=[{"external_id": "u-1"} | first])
    nulls = {"first_name": None, "email": None, "plan": None, "user_alias": None}
    send(state, attributes=[{"external_id": "u-1"} | nulls])
    assert user(state).fields == {}
    assert user(state).custom_attributes == {"n": 1, "e": ""}
    assert state.at_address("email", "lena@example.com") == []


# --- sections 4 and 5: events and purchases


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": None}, "'name' is required"),
        ({"name": ""}, "'name' is not valid"),
        ({"name": "x" * 256}, "'name' is not valid"),
        ({"time": None}, "'time' is required"),
        ({"time": 5}, "'time' is not valid"),
        ({"properties": []}, "'properties' is not valid"),
        ({"properties": {"time": 1}}, "'time' is a reserved property name"),
        ({"properties": {"event_name": 1}}, "'event_name' is a reserved property name"),
        ({"properties": {"$x": 1}}, "'properties' has a name that is not valid"),
        ({"properties": {"x": ["y" * 100_001]}}, "'properties' is too large"),
    ],
)
def test_an_event_is_checked(change: dict[str, object], reason: str) -> None:
    """4: required fields, reserved and malformed property names, size."""
    assert types(send(State(), events=[EVENT | change])) == [reason]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"product_id": None}, "'product_id' is required"),
        ({"currency": "euro"}, "'currency' is not valid"),
        ({"currency": ["EUR"]}, "'currency' is not valid"),
        ({"price": None}, "'price' is required"),
        ({"price": True}, "'price' is not valid"),
        ({"quantity": 101}, "'quantity' is not valid"),
        ({"quantity": 1.5}, "'quantity' is not valid"),
        ({"time": None}, "'time' is required"),
    ],
)
def test_a_purchase_is_checked(change: dict[str, object], reason: str) -> None:
    """5: required fields, currency, and a quantity from 1 to 100."""
    assert types(send(State(), purchases=[PURCHASE | change])) == [reason]


def test_events_and_purchases_are_kept_in_order_and_never_made_one() -> None:
    """4 and 5: no idempotency, two equal objects are two."""
    state = State()
    events = [EVENT | {"name": name} for name in "aba"]
    send(state, events=events, purchases=[PURCHASE, PURCHASE])
    send(state, events=events)
    assert [event["name"] for event in user(state).events] == list("abaaba")
    assert [item["quantity"] for item in user(state).purchases] == [1, 1]


def test_an_event_from_the_future_happens_now() -> None:
    """4: a future time is replaced; a past one stays as sent."""
    state = State(clock=lambda: 1_772_323_200.0)
    send(state, events=[EVENT | {"time": "2999-01-01"}, EVENT | {"time": "1997-01-01"}])
    assert [e["time"] for e in user(state).events] == ["2026-03-01T00:00:00Z", "1997-01-01"]


@pytest.mark.parametrize(
    "time",
    [
        "2026-03-01T09:30:00Z",
        "2026-03-01T09:30:00.123+02:00",
        "2026-03-01T09:30:00:123Z",
        "2026-03-01T09:30:00",
        "2026-03-01 09:30:00",
        "2026-03-01",
        "03/01/2026",
    ],
)
def test_times_are_read_in_every_documented_format(time: str) -> None:
    """3.6: ISO 8601 and the listed others."""
    assert send(State(), events=[EVENT | {"time": time}]).accepted == {"events": 1}


# --- numbers


def test_numbers_keep_every_digit() -> None:
    """A value is held as it was spelt, so that a test can compare what a warehouse wrote."""
    state = State()
    numbers = b'"a":12345678901234567.89,"b":1.50,"c":9007199254740993'
    track(state, loads(b'{"attributes":[{"external_id":"u-1",' + numbers + b"}]}"))
    held = user(state).custom_attributes
    assert held == {"a": Decimal("12345678901234567.89"), "b": 1.5, "c": 9007199254740993}
    assert [v.text for v in held.values() if isinstance(v, Number)] == [
        "12345678901234567.89",
        "1.50",
    ]
