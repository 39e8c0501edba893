"""Values that Braze would drop in silence become refusals that never show the value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.destinations import service
from runner.destinations.braze import PLATFORM
from runner.destinations.common import jsontext
from runner.destinations.service import Activation, Rejection, Row, Service
from tests.contract.situations import activation_of, connection_to, row_of

USERS = service("braze.users")
EVENTS = service("braze.events")
HIDDEN = "hidden"
ODD_KEY = "holds a key that is empty or has a space, a dot or a dollar sign"


def _users(**given_settings: object) -> Activation:
    return activation_of(USERS, sync_mode="upsert", settings=given_settings)


def sent_by(place: Service, activation: Activation, row: Row) -> bytes | Rejection:
    """A row as the service renders it."""
    return place.endpoint(activation, connection_to(PLATFORM), row.operation).fragment(row)


def _sent(activation: Activation, payload: object, external_id: str = "u-1") -> bytes | Rejection:
    return sent_by(USERS, activation, row_of(1, "insert", {"external_id": external_id}, payload))


BAD = [
    ({"plan": HIDDEN * 43}, "TOO_LONG", "has more than 255 characters"),
    ({"gender": HIDDEN}, "BAD_VALUE", "must be one of M, F, O, N, P"),
    ({"dob": "1990-13-01"}, "BAD_VALUE", "must be a date written YYYY-MM-DD"),
    ({"dob": "1990-01-01T00:00:00Z"}, "BAD_VALUE", "must be a date written YYYY-MM-DD"),
    ({"email_subscribe": HIDDEN}, "BAD_VALUE", "must be one of opted_in, subscribed, unsubscribed"),
    ({"push_subscribe": True}, "BAD_TYPE", "must be text"),
    ({"country": HIDDEN}, "BAD_VALUE", "must be an ISO 3166-1 code of two letters"),
    ({"time_zone": "UTC +2"}, "BAD_VALUE", "must be an IANA name such as Europe/Paris"),
    ({"first_name": 7}, "BAD_TYPE", "must be text"),
    ({"email_open_tracking_disabled": "no"}, "BAD_TYPE", "must be true or false"),
    ({"current_location": [1, 2]}, "BAD_TYPE", "must be an object"),
    ({"push_tokens": {}}, "BAD_TYPE", "must be an array"),
    ({"date_of_first_session": HIDDEN}, "BAD_VALUE", "must be a time in ISO 8601"),
    ({"address": {"zip": None}}, "NESTED_NULL", "holds a null inside an object or array"),
    ({"pets": [{"name": None}]}, "NESTED_NULL", "holds a null inside an object or array"),
    ({"tags": ["a", None]}, "NESTED_NULL", "holds a null inside an object or array"),
    ({"a": {"b": {"c": [None]}}}, "NESTED_NULL", "holds a null inside an object or array"),
    (
        {"a": {HIDDEN + " x": 1}},
        "BAD_KEY",
        ODD_KEY,
    ),
    (
        {"a": {"x.y": 1}},
        "BAD_KEY",
        ODD_KEY,
    ),
    (
        {"a": {"$x": 1}},
        "BAD_KEY",
        ODD_KEY,
    ),
    ({"a": {"k" * 256: 1}}, "TOO_LONG", "holds a key of more than 255 characters"),
    ({"a": {"k": "v" * 256}}, "TOO_LONG", "holds a text of more than 255 characters"),
    ({"a": {"$time": "soon"}}, "BAD_VALUE", "holds a $time that is not a time in ISO 8601"),
    ({"a": {"$time": None}}, "NESTED_NULL", "holds a null inside an object or array"),
    ({"a": list(range(501))}, "TOO_MANY_ITEMS", "has more than 500 items"),
    ({"a": [{"k": "v" * 250}] * 400}, "TOO_BIG", "has more than 100000 bytes as JSON"),
    ({"a": {"inc": 1}}, "NOT_REPEATABLE", "must not be an inc, which a repeat would double"),
    ({"a": {"$add": [1]}}, "NOT_REPEATABLE", "must not be an $add, which a repeat would double"),
    (
        {"a": {"$update": [{"$identifier_key": "id", "$identifier_value": 1, "$new_object": {}}]}},
        "NEEDS_MERGE",
        "is an $update, which needs settings.merge_objects: true",
    ),
]
GOOD = [
    {"plan": "x" * 255},
    {"plan": "🦊" * 255},
    {"gender": "F", "dob": "1990-02-28", "country": "FR", "time_zone": "America/Argentina/Salta"},
    {"time_zone": "UTC"},
    {"time_zone": "Etc/GMT+2"},
    {"first_name": "x" * 400},
    {"current_location": {"longitude": 2.35, "latitude": 48.85}},
    {"date_of_first_session": "2026-03-01T09:30:00Z", "date_of_last_session": "03/01/2026"},
    {"a": list(range(500))},
    {"a": [{"k": 1}] * 501},
    {"a": {"inc": 1, "dec": 2}},
    {"a": {"add": ["x"], "remove": ["y"]}},
    {"a": {"$remove": [{"$identifier_key": "id", "$identifier_value": 1}]}},
    {"a": {"b": {"$time": "2020-05-28"}}},
    {"a": 9007199254740993, "b": 1.5, "c": True, "d": "", "e": [], "f": {}},
]


@pytest.mark.parametrize(("payload", "code", "rule"), BAD)
def test_refused_values(payload: dict[str, object], code: str, rule: str) -> None:
    """A refusal names the attribute and the rule, and never the value."""
    (name,) = payload
    assert _sent(_users(), payload) == Rejection(code=f"TAILRACE_{code}", reason=f"`{name}` {rule}")


@pytest.mark.parametrize("payload", GOOD)
def test_kept_values(payload: dict[str, object]) -> None:
    """What Braze stores is sent."""
    sent = _sent(_users(), payload)
    assert isinstance(sent, bytes)
    assert json.loads(sent) == {"external_id": "u-1", **payload}


@pytest.mark.parametrize("payload", [payload for payload, _, _ in BAD])
def test_checks_off(payload: dict[str, object]) -> None:
    """With check_values false every value is sent as it is."""
    sent = _sent(_users(check_values=False), payload)
    assert isinstance(sent, bytes)
    assert json.loads(sent) == {"external_id": "u-1", **payload}


def test_limits_are_settings() -> None:
    """The limits of custom attributes move with the settings."""
    activation = _users(max_string_length=3, max_array_items=1, max_nested_bytes=12)
    codes = [
        refused.code
        for payload in ({"a": "four"}, {"a": [1, 2]}, {"a": {"key": "val"}})
        if isinstance(refused := _sent(activation, payload), Rejection)
    ]
    assert codes == ["TAILRACE_TOO_LONG", "TAILRACE_TOO_MANY_ITEMS", "TAILRACE_TOO_BIG"]


def test_update_with_merge() -> None:
    """An $update is sent where objects are merged."""
    value = {
        "$update": [{"$identifier_key": "id", "$identifier_value": 1, "$new_object": {"k": 1}}]
    }
    assert isinstance(_sent(_users(merge_objects=True), {"a": value}), bytes)


def test_external_id_bytes() -> None:
    """An external_id may have 987 bytes of UTF-8, not more."""
    assert isinstance(_sent(_users(), {}, "x" * 987), bytes)
    assert isinstance(_sent(_users(), {}, "é" * 493), bytes)
    for long in ("x" * 988, "é" * 494):
        refused = _sent(_users(), {}, long)
        assert refused == Rejection(
            code="TAILRACE_TOO_LONG", reason="`external_id` has more than 987 bytes"
        )


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"time": "2026-03-01", "note": "x" * 256}, "TAILRACE_TOO_LONG"),
        ({"time": "2026-03-01", "note": ["x" * 200] * 500}, "TAILRACE_TOO_BIG"),
        ({"time": 1772323200}, "TAILRACE_BAD_VALUE"),
    ],
)
def test_event_values(payload: object, code: str) -> None:
    """Properties and times that Braze would not keep are refused."""
    activation = activation_of(EVENTS, sync_mode="incremental", settings={"event_name": "e"})
    refused = sent_by(EVENTS, activation, row_of(1, "insert", {"external_id": "u"}, payload))
    assert isinstance(refused, Rejection)
    assert refused.code == code


@pytest.mark.parametrize(
    ("time", "good"),
    [
        ("2026-03-01T09:30:00Z", True),
        ("2026-03-01T09:30:00.123456Z", True),
        ("2026-03-01T09:30:00:123Z", True),
        ("2026-03-01T09:30:00+02:00", True),
        ("2026-03-01 09:30:00", True),
        ("2026-03-01", True),
        ("03/01/2026", True),
        ("Sun 03 01 09:30:00.UTC 2026", True),
        ("2026-02-30", False),
        ("2026-03-01T25:00:00Z", False),
        ("13/41/2026", False),
        ("2026-03-01T", False),
        ("1772323200", False),
        ("", False),
    ],
)
def test_times(time: str, good: bool) -> None:
    """The documented forms of a time are sent, anything else is refused."""
    activation = activation_of(EVENTS, sync_mode="incremental", settings={"event_name": "e"})
    sent = sent_by(EVENTS, activation, row_of(1, "insert", {"external_id": "u"}, {"time": time}))
    assert isinstance(sent, bytes) == good


@pytest.mark.parametrize("text", ['say "hi"', "two\nlines", "🦊 é", "back\\slash /", "{}[],:"])
@pytest.mark.parametrize("service_", [USERS, EVENTS], ids=lambda each: str(each.name))
def test_odd_names_of_attributes_arrive(service_: Service, text: str) -> None:
    """A name with quotes, line breaks or emoji is the same name at Braze."""
    mode = next(iter(service_.sync_modes))
    activation = activation_of(service_, sync_mode=mode, settings={"event_name": "e"})
    payload = {f"note {text}": 1, "time": "2026-03-01"}
    sent = sent_by(service_, activation, row_of(1, "insert", {"external_id": "u"}, payload))
    assert isinstance(sent, bytes)
    found = json.loads(sent)
    assert {**found, **found.get("properties", {})}[f"note {text}"] == 1


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(
    value=st.dictionaries(st.text(), JSON, max_size=5),
    indent=st.sampled_from([None, 1]),
    escaped=st.booleans(),
)
def test_members_hold_the_text(value: dict[str, object], indent: int | None, escaped: bool) -> None:
    """An object taken apart and joined again is the same object, whatever its spacing."""
    text = json.dumps(value, indent=indent, ensure_ascii=escaped)
    found = jsontext.members(text)
    assert {name: json.loads(each.text) for name, each in found.items()} == value
    parts = [f"{jsontext.quoted(name)}:{each.text}" for name, each in found.items()]
    assert json.loads(jsontext.joined(parts)) == value


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", '{"a"}', '{"a":}', '{"a":1,}', '{"a":1 "b":2}', "{1:2}", '{"a":NaN}'],
)
def test_members_of_what_is_no_object(text: str) -> None:
    """Text that is not one JSON object raises ValueError."""
    with pytest.raises(ValueError, match=" "):
        jsontext.members(text)
