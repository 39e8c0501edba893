"""The stand-in's deletes, subscriptions, exports and aliases (Braze contract, 6 to 9)."""

from __future__ import annotations

import pytest

from runner.sandbox.braze import Rules, State
from runner.sandbox.braze.deletion import delete_users
from runner.sandbox.braze.lookups import export_users, new_aliases
from runner.sandbox.braze.state import RequestRefusedError
from runner.sandbox.braze.subscriptions import get_states, set_states
from runner.sandbox.braze.track import track

GROUP = "3f0c5a1e-0000-4000-8000-000000000001"
EMAIL = "family@example.com"
PHONE = "+33612345678"


@pytest.fixture
def state() -> State:
    """Two people who share an email, one alone, and one without external_id."""
    state = State()
    people = [
        {"external_id": "a", "email": EMAIL, "phone": PHONE},
        {"external_id": "b", "email": EMAIL},
        {"external_id": "c"},
        {"email": "anonymous@example.com"},
    ]
    track(state, {"attributes": people})
    return state


def subscribe(state: State, value: str = "subscribed", **ids: list[str]) -> None:
    """Set one group for some ids."""
    item = {"subscription_group_id": GROUP, "subscription_state": value, **ids}
    set_states(state, {"subscription_groups": [item]})


def states_of(state: State, **ids: list[str]) -> dict[str, str]:
    """Ask for the states of some ids."""
    none: dict[str, list[str]] = {"external_id": [], "email": [], "phone": []}
    return get_states(state, GROUP, none | ids)


# --- section 6: deletes


def test_a_delete_takes_everything_of_a_profile(state: State) -> None:
    """6: events and subscription states go too, and a new profile starts empty."""
    event = {"external_id": "a", "name": "x", "time": "2026-03-01"}
    track(state, {"events": [event]})
    subscribe(state, external_ids=["a"])
    assert delete_users(state, {"external_ids": ["a"]}) == 1
    assert states_of(state, external_id=["a"]) == {"a": "Unknown"}
    track(state, {"attributes": [{"external_id": "a"}]})
    assert state.by_external_id["a"].events == []
    assert [p.external_id for p in state.at_address("email", EMAIL)] == ["b"]


def test_deleted_is_the_number_queued_not_found(state: State) -> None:
    """6: unknown ids are not reported."""
    assert delete_users(state, {"external_ids": ["a", "nobody"]}) == 2
    assert len(state.profiles) == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"external_ids": []},
        {"external_ids": "a"},
        {"external_ids": [5]},
        {"external_ids": ["a"], "braze_ids": ["b"]},
        {"user_aliases": [{"alias_name": "x"}]},
        {"email_addresses": ["a@example.com"]},
        {"email_addresses": [{"email": EMAIL, "prioritization": ["identified", "unidentified"]}]},
    ],
)
def test_a_delete_names_one_kind_of_good_ids(state: State, body: object) -> None:
    """6: anything else is refused as a whole."""
    with pytest.raises(RequestRefusedError):
        delete_users(state, body)
    assert len(state.profiles) == 4


def test_a_delete_takes_50_ids(state: State) -> None:
    """6 and 11: one more is refused with the documented text, and nothing is deleted."""
    ids = ["a", *(f"x{n}" for n in range(49))]
    with pytest.raises(RequestRefusedError, match="The max number of ids per request was exceeded"):
        delete_users(state, {"external_ids": [*ids, "y"]})
    assert "a" in state.by_external_id
    assert delete_users(state, {"external_ids": ids}) == 50


def test_an_email_that_several_share_deletes_nobody_without_a_priority(state: State) -> None:
    """6: if more than one profile still matches, nothing is deleted, without an error."""
    delete_users(state, {"email_addresses": [{"email": EMAIL, "prioritization": ["identified"]}]})
    assert len(state.profiles) == 4
    priorities = ["identified", "most_recently_updated"]
    delete_users(state, {"email_addresses": [{"email": EMAIL, "prioritization": priorities}]})
    assert "b" not in state.by_external_id
    delete_users(state, {"email_addresses": [{"email": EMAIL}]})
    assert "a" not in state.by_external_id


# --- section 7: subscription groups


def test_states_are_kept_per_group_and_profile(state: State) -> None:
    """7.2 and 7.4: by id, capitalised, `Unknown` for the others; unknown ids are silent."""
    subscribe(state, external_ids=["a", "nobody"])
    subscribe(state, "unsubscribed", external_ids=["b"])
    assert states_of(state, external_id=["a", "b", "c", "nobody"]) == {
        "a": "Subscribed",
        "b": "Unsubscribed",
        "c": "Unknown",
        "nobody": "Unknown",
    }
    assert "nobody" not in state.by_external_id


def test_an_address_changes_every_profile_that_has_it(state: State) -> None:
    """7.2: emails and phones apply to all profiles with them."""
    subscribe(state, emails=[EMAIL])
    assert [p.external_id for p in state if p.subscriptions] == ["a", "b"]
    subscribe(state, "unsubscribed", phones=[PHONE])
    assert states_of(state, external_id=["a", "b"]) == {"a": "Unsubscribed", "b": "Subscribed"}


def test_an_unknown_email_keeps_its_state_for_30_days() -> None:
    """7.2: a profile created in that time inherits it, a later one does not."""
    now = [0.0]
    state = State(clock=lambda: now[0])
    subscribe(state, emails=["new@example.com", "late@example.com"])
    now[0] = 30 * 86_400.0
    track(state, {"attributes": [{"external_id": "new", "email": "new@example.com"}]})
    now[0] += 1
    track(state, {"attributes": [{"external_id": "late", "email": "late@example.com"}]})
    assert states_of(state, external_id=["new", "late"]) == {"new": "Subscribed", "late": "Unknown"}


@pytest.mark.parametrize(
    "change",
    [
        {"subscription_group_id": "no-uuid"},
        {"subscription_state": "Subscribed"},
        {"external_ids": []},
        {"external_ids": [5]},
        {"phones": ["0612345678"]},
        {"emails": [EMAIL], "phones": [PHONE]},
    ],
)
def test_a_malformed_subscription_request_changes_nothing(
    state: State, change: dict[str, object]
) -> None:
    """7.2: refused as a whole, the good group before it too."""
    good = {
        "subscription_group_id": GROUP,
        "subscription_state": "subscribed",
        "external_ids": ["a"],
    }
    with pytest.raises(RequestRefusedError):
        set_states(state, {"subscription_groups": [good, good | change]})
    assert not state.by_external_id["a"].subscriptions


def test_a_subscription_request_takes_50_users_in_all(state: State) -> None:
    """7.2: counted over all groups of the request."""
    ids = [f"x{n}" for n in range(50)]
    subscribe(state, external_ids=ids)
    with pytest.raises(RequestRefusedError, match="The max number of ids per request was exceeded"):
        subscribe(state, external_ids=[*ids, "y"])


def test_states_are_asked_by_one_kind(state: State) -> None:
    """7.4: email and phone exclude each other, unless external_id is there."""
    with pytest.raises(RequestRefusedError):
        states_of(state, email=[EMAIL], phone=[PHONE])
    with pytest.raises(RequestRefusedError):
        states_of(state)
    assert states_of(state, external_id=["a"], email=["x"], phone=["y"]) == {"a": "Unknown"}


# --- section 8: export


def test_an_export_gives_the_fields_asked_for_and_names_unknown_ids(state: State) -> None:
    """8: a missing field means null or empty; unknown ids are no error."""
    wanted = ["external_id", "email", "phone", "custom_attributes"]
    body = {"external_ids": ["a", "c", "nobody"], "fields_to_export": wanted}
    assert export_users(state, body) == {
        "users": [{"external_id": "a", "email": EMAIL, "phone": PHONE}, {"external_id": "c"}],
        "invalid_user_ids": ["nobody"],
    }


def test_an_export_sums_events_and_purchases(state: State) -> None:
    """8: counts only, and the revenue is price times quantity."""
    purchase = {"external_id": "a", "product_id": "p", "currency": "EUR", "price": 2}
    days = ["2026-03-02", "2026-03-01"]
    track(state, {"purchases": [purchase | {"time": day, "quantity": 3} for day in days]})
    body = {"external_ids": ["a"], "fields_to_export": ["purchases", "total_revenue"]}
    summary = {"name": "p", "first": "2026-03-01", "last": "2026-03-02", "count": 2}
    assert export_users(state, body)["users"] == [{"purchases": [summary], "total_revenue": 12}]


def test_an_email_can_export_several_users(state: State) -> None:
    """8: all who have it."""
    body = {"email_address": EMAIL, "fields_to_export": ["external_id"]}
    assert export_users(state, body) == {"users": [{"external_id": "a"}, {"external_id": "b"}]}


@pytest.mark.parametrize(
    "body",
    [
        {"external_ids": ["a"]},
        {"fields_to_export": ["email"]},
        {"external_ids": ["a"] * 51, "fields_to_export": ["email"]},
        {"email_address": EMAIL, "phone": PHONE, "fields_to_export": ["email"]},
    ],
)
def test_a_malformed_export_is_refused(state: State, body: object) -> None:
    """8: fields are required, one to 50 ids, one single address."""
    with pytest.raises(RequestRefusedError):
        export_users(state, body)


# --- section 9.1: aliases


def test_an_alias_joins_its_user_or_makes_one(state: State) -> None:
    """9.1: an unknown external_id does nothing, and success is returned."""
    alias = {"alias_label": "crm", "alias_name": "1"}
    given = [
        alias | {"external_id": "a"},
        alias | {"external_id": "nobody", "alias_name": "2"},
        alias | {"alias_name": "3"},
    ]
    assert new_aliases(state, {"user_aliases": given}) == 3
    assert state.by_alias["crm", "1"] is state.by_external_id["a"]
    assert sorted(state.by_alias) == [("crm", "1"), ("crm", "3")]
    body = {"user_aliases": [alias], "fields_to_export": ["external_id"]}
    assert export_users(state, body) == {"users": [{"external_id": "a"}]}


def test_a_user_has_one_alias_of_a_label(state: State) -> None:
    """9.1: the new one takes the old one's place."""
    for name in "12":
        alias = {"external_id": "a", "alias_label": "crm", "alias_name": name}
        new_aliases(state, {"user_aliases": [alias]})
    assert list(state.by_alias) == [("crm", "2")]


def test_ids_per_request_are_a_setting() -> None:
    """Braze changes limits by contract."""
    state = State(rules=Rules(ids=1))
    with pytest.raises(RequestRefusedError):
        delete_users(state, {"external_ids": ["a", "b"]})
    with pytest.raises(RequestRefusedError, match="external_ids and aliases"):
        new_aliases(state, {"user_aliases": [{"alias_label": "l", "alias_name": n} for n in "ab"]})
