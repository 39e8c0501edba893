"""The short way of a row that looks like nearly all gives the bytes of the long way."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.destinations import service
from runner.destinations.braze import PLATFORM
from runner.destinations.braze.fields import CHOICES, FIELD_TYPES
from runner.destinations.braze.usual import usual_row
from runner.destinations.braze.values import Limits
from runner.destinations.service import Activation, Rejection, Row
from tests.contract.situations import activation_of, connection_to, row_of

USERS = service("braze.users")
NAMES = (*FIELD_TYPES, "plan", "a", "ab", "Größe", 'with "quotes"', "$x", "a.b")
LONGEST = 6
SETTINGS = {"alias_label": "shop", "max_string_length": LONGEST}

WHO = {
    "external_id": "u-1",
    "braze_id": "b-1",
    "user_alias": "ann",
    "email": "ann@example.com",
    "phone": "+33612345678",
}
# Around the edges of what the pattern knows, and far from them.
TEXTS = st.one_of(
    st.text(max_size=2),
    st.text("xé", min_size=LONGEST - 1, max_size=LONGEST + 1),
    st.sampled_from(
        [
            *(choice for choices in CHOICES.values() for choice in choices),
            *("FR", "fra", "Europe/Paris", "UTC +2", "a@b", "@b", "a@b@c", "+33612345678", "+0"),
            *("1990-02-28", "1990-13-01", "2026-03-01T09:30:00Z", "\\", '"', "\x00", "\x7f", "é"),
        ]
    ),
)
VALUES = st.one_of(
    TEXTS,
    st.sampled_from([None, True, False, 0, -7, 10**101, 0.5, 1e300, float("nan")]),
    st.lists(TEXTS, max_size=2),
    st.dictionaries(TEXTS, TEXTS, max_size=2),
)
# A sign put in somewhere, mostly none.
ODD = st.one_of(
    st.just((0, "")),
    st.tuples(st.integers(0, 40), st.sampled_from(['"', "\\", ",", "}", "{", ":"])),
)


def _activation(identifier: str) -> Activation:
    return activation_of(
        USERS,
        sync_mode="update",
        identifiers={identifier: "customer_id"},
        attributes={name: name for name in NAMES if name != identifier},
        settings=SETTINGS,
    )


def _sent(activation: Activation, row: Row) -> bytes | Rejection:
    return USERS.endpoint(activation, connection_to(PLATFORM), row.operation).fragment(row)


def _fits(activation: Activation, row: Row) -> bool:
    pattern = usual_row(activation, Limits.of(activation))
    return bool(pattern and pattern.fullmatch(row.identifiers + row.payload))


def _written(value: object, *, escaped: bool) -> str:
    return json.dumps(value, ensure_ascii=escaped, separators=(",", ":"), sort_keys=True)


@settings(max_examples=600, deadline=None)
@given(
    identifier=st.sampled_from(sorted(WHO)),
    who=st.one_of(st.none(), TEXTS),
    values=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=2),
    escaped=st.booleans(),
    odd=ODD,
)
def test_both_ways_agree(
    identifier: str, who: str | None, values: dict[str, object], escaped: bool, odd: tuple[int, str]
) -> None:
    """Whatever a row holds, even text that is no JSON: one is sent what the other is sent."""
    at, sign = odd
    payload = _written(values, escaped=escaped)
    who = _written({identifier: who or WHO[identifier]}, escaped=escaped)
    _agree(identifier, who, payload[:at] + sign + payload[at:])


@pytest.mark.parametrize(
    "payload",
    [
        r'{"a":"x\"}',
        r'{"a":"x\","plan":"y"}',
        '{"a":"\x01"}',
        '{"a":1,}',
        '{,"a":1}',
        '{"a":1"plan":2}',
        '{"a":01}',
        '{"a":1.}',
        '{"a":NaN}',
        '{"a":"' + "x" * (LONGEST + 1) + '"}',
        '{"dob":"1990-13-01"}',
        '{"date_of_first_session":"soon"}',
        '{"gender":"X"}',
        '{"country":"FRA"}',
        '{"first_name":1}',
        '{"email_open_tracking_disabled":"true"}',
        "{}",
    ],
)
def test_both_ways_agree_on_what_is_nearly_right(payload: str) -> None:
    """Text that is one sign away from a usual row."""
    _agree("external_id", '{"external_id":"u-1"}', payload)


def _agree(identifier: str, who: str, payload: str) -> None:
    activation, row = _activation(identifier), row_of(1, "update", who, payload)
    # A space at its end changes nothing, but is not what the warehouse writes.
    long_way = row._replace(payload=row.payload + " ")
    assert not _fits(activation, long_way)
    assert _sent(activation, row) == _sent(activation, long_way)


@pytest.mark.parametrize("who", sorted(WHO.keys() - {"user_alias"}))
@pytest.mark.parametrize(
    "values",
    [
        {"plan": "gold", "a": 12, "ab": -0.5, "a.b": True, "$x": None},
        {"first_name": "Zoë", "country": "FR", "gender": "F", "time_zone": "Europe/Paris"},
        {"plan": "", "Größe": "x" * LONGEST, 'with "quotes"': False},
        {"email_open_tracking_disabled": False, "email_subscribe": "opted_in"},
    ],
)
def test_usual_rows_go_the_short_way(who: str, values: dict[str, object]) -> None:
    """Otherwise nothing would be gained."""
    row = row_of(1, "update", _written({who: WHO[who]}, escaped=True), "{}")
    row = row._replace(payload=_written(values, escaped=False))
    activation = _activation(who)
    assert _fits(activation, row)
    assert json.loads(_sent(activation, row)) == {  # type: ignore[arg-type]  # fails where refused
        who: WHO[who],
        "_update_existing_only": True,
        **values,
    }
