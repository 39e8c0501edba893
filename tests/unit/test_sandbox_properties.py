"""Whatever comes in, the stand-in answers by its contract and keeps its own books straight."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.sandbox import API_KEY, Call
from runner.sandbox.braze import Braze, State
from runner.sandbox.braze.fields import CONTROLS, IDENTIFIERS, STANDARD
from runner.sandbox.braze.report import profile_view, totals
from runner.sandbox.braze.workspace import ENDPOINTS
from runner.sandbox.jsontext import dumps, loads

HEADERS = {"authorization": f"Bearer {API_KEY}", "content-type": "application/json"}
GROUP = "3f0c5a1e-0000-4000-8000-000000000001"
OTHER_NAMES = """
name time properties product_id currency price quantity app_id custom id token
subscription_group_id subscription_state external_ids emails phones
user_aliases email_addresses fields_to_export prioritization
inc add remove $add $update $remove $identifier_key $identifier_value $new_object $time
"""
NAMES = sorted(CONTROLS | IDENTIFIERS | STANDARD | set(OTHER_NAMES.split()))
TEXTS = ["u-1", "u-2", "a@example.com", "+33612345678", GROUP, "subscribed", "2026-03-01", "EUR"]
TEXTS += ["\ud800", "id", "identified"]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(TEXTS),
    st.text(max_size=5),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
EVENT = {"external_id": "u-1", "name": "x", "time": "2026-03-01"}
PURCHASE = EVENT | {"product_id": "p", "currency": "EUR", "price": 1}
ALIAS = {"alias_label": "crm", "alias_name": "1"}
STATES = {"subscription_group_id": GROUP, "subscription_state": "subscribed"}
# Good objects of every endpoint: most of the fun is one key away from them.
GOOD: list[tuple[str, str, list[dict[str, object]]]] = [
    ("/users/track", "attributes", [{"external_id": "u-1"}, {"email": "a@example.com"}]),
    ("/users/track", "attributes", [{"user_alias": ALIAS, "_update_existing_only": False}]),
    ("/users/track", "events", [dict(EVENT)]),
    ("/users/track", "purchases", [dict(PURCHASE)]),
    ("/users/alias/new", "user_aliases", [{"external_id": "u-1", **ALIAS}, dict(ALIAS)]),
    ("/users/delete", "user_aliases", [dict(ALIAS)]),
    ("/users/delete", "email_addresses", [{"email": "a@example.com"}]),
    (
        "/v2/subscription/status/set",
        "subscription_groups",
        [STATES | {"external_ids": ["u-1"]}, STATES | {"emails": ["a@example.com"]}],
    ),
]


@st.composite
def near_good(draw: st.DrawFn) -> tuple[str, object]:
    """A path and a body of good objects, each with up to two keys changed."""
    path, array, items = draw(st.sampled_from(GOOD))
    changed = []
    for item in draw(st.lists(st.sampled_from(items), min_size=1, max_size=4)):
        names = st.sampled_from(sorted(item)) | st.sampled_from(NAMES)
        changed.append(item | draw(st.dictionaries(names, VALUES, max_size=2)))
    return path, {array: changed}


EXPORTS = st.fixed_dictionaries(
    {"fields_to_export": st.lists(st.sampled_from(NAMES), min_size=1)},
    optional={
        name: VALUES | st.lists(SCALARS, max_size=3)
        for name in ("external_ids", "user_aliases", "email_address", "phone", "braze_id")
    },
)
POSTS = sorted(path for path, (method, _) in ENDPOINTS.items() if method == "POST")
CALLS = st.one_of(
    near_good(),
    near_good(),
    EXPORTS.map(lambda body: ("/users/export/ids", body)),
    st.tuples(st.sampled_from(POSTS), VALUES),
)


def check_books(state: State) -> None:
    """Every index names exactly the profiles that carry its key."""
    people = list(state)
    assert {p.external_id for p in people} - {None} == set(state.by_external_id)
    assert {alias for p in people for alias in p.aliases.items()} == set(state.by_alias)
    carried = {
        (k, p.fields[k], p.braze_id) for p in people for k in ("email", "phone") if k in p.fields
    }
    held = {(*key, braze_id) for key, group in state.by_address.items() for braze_id in group}
    assert carried == held
    for array in ("attributes", "events", "purchases"):
        received, accepted, refused = (
            state.objects[array, outcome] for outcome in ("received", "accepted", "refused")
        )
        assert received == accepted + refused


@settings(max_examples=100, deadline=None)
@given(st.lists(CALLS, max_size=6))
def test_any_json_gets_an_answer_of_the_contract(calls: list[tuple[str, object]]) -> None:
    """No body breaks it: 201 with `success`, or 400 with a reason; what it holds is JSON."""
    sandbox = Braze()
    for path, body in calls:
        content = json.dumps(body).encode()
        answer = sandbox.handle(Call(method="POST", path=path, headers=HEADERS, body=content))
        assert answer.status in {201, 400}
        reply = json.loads(answer.body)
        assert (reply.get("message") == "success") == (answer.status == 201)
        check_books(sandbox.state)
    for person in sandbox.state:
        json.loads(dumps(profile_view(person)))
    assert totals(sandbox.state, sandbox.journal)["profiles"] == len(sandbox.state.profiles)


@given(VALUES)
def test_json_comes_back_as_it_was_sent(value: object) -> None:
    """Parsing and writing again gives the same document, spelling of numbers included."""
    text = json.dumps(value, separators=(",", ":"))
    assert dumps(loads(text.encode())) == text
