"""Braze's limits, waiting times and the call that proves a connection."""

from __future__ import annotations

import json
import time
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.destinations import service
from runner.destinations.braze import PLATFORM
from runner.destinations.checks import refusal
from runner.destinations.service import RateLimit, Reply
from tests.contract.descriptions import validate
from tests.contract.situations import SECRET, activation_of, connection_to

DATE = "Sun, 01 Mar 2026 09:00:00 GMT"
MOMENT = 1772355600
GROUP = {"subscription_group_id": "3f0c5a1e-0000-4000-8000-000000000001"}


def _reply(status: int, body: object = None, **headers: str) -> Reply:
    text = body if isinstance(body, str) else json.dumps(body)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=names, body=text.encode())


def test_limits_by_default() -> None:
    """The limits are those of the contract, and each endpoint has a bucket of its own."""
    connection = connection_to(PLATFORM)
    users = service("braze.users")
    mirror = activation_of(users, sync_mode="mirror")
    track = users.endpoint(mirror, connection, "insert")
    delete = users.endpoint(mirror, connection, "delete")
    groups = service("braze.subscription_status")
    status = groups.endpoint(
        activation_of(groups, sync_mode="membership", settings=GROUP), connection, "insert"
    )
    assert (track.max_rows, delete.max_rows, status.max_rows) == (75, 50, 50)
    assert {track.max_bytes, delete.max_bytes, status.max_bytes} == {3_500_000}
    assert track.rate == RateLimit(requests=3000, seconds=3, bucket="braze users/track")
    assert delete.rate == RateLimit(requests=20_000, seconds=60, bucket="braze users/delete")
    assert status.rate == RateLimit(
        requests=5000, seconds=60, bucket="braze subscription/status/set"
    )
    assert (track.permission, delete.permission) == ("users.track", "users.delete")
    assert status.permission == "subscription.status.set"


def test_limits_by_options() -> None:
    """Every limit is an option of the connection, as a number or as text from the environment."""
    connection = connection_to(
        PLATFORM,
        max_rows="5",
        max_bytes=1000,
        delete_max_rows=4,
        rate_limit={"requests": "100", "seconds": "0.5"},
    )
    users = service("braze.users")
    mirror = activation_of(users, sync_mode="mirror")
    track = users.endpoint(mirror, connection, "insert")
    assert refusal(PLATFORM, users, mirror, connection) is None
    assert (track.max_rows, track.max_bytes) == (5, 1000)
    assert (track.rate.requests, track.rate.seconds) == (100, 0.5)
    assert users.endpoint(mirror, connection, "delete").max_rows == 4


@pytest.mark.parametrize("options", [{"max_rows": "many"}, {"max_bytes": 1.5}, {"max_rows": True}])
def test_wrong_options(options: dict[str, object]) -> None:
    """An option that is no whole number is told before anything is sent."""
    users = service("braze.users")
    refused = refusal(
        PLATFORM,
        users,
        activation_of(users, sync_mode="upsert"),
        connection_to(PLATFORM, **options),
    )
    assert refused == (
        f"in its connection braze_test, {next(iter(options))} must be a whole number above 0"
    )


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"x_ratelimit_retry_after": "12"}, 12),
        ({"x_ratelimit_retry_after": "12", "x_ratelimit_reset": "99"}, 12),
        ({"retry_after": "7"}, 7),
        ({"retry_after": "Sun, 01 Mar 2026 09:00:30 GMT", "date": DATE}, 30),
        ({"x_ratelimit_reset": "45", "x_ratelimit_remaining": "0"}, 45),
        ({"x_ratelimit_reset": str(MOMENT + 9), "date": DATE}, 9),
        ({"x_ratelimit_reset": str(MOMENT + 86_400), "date": DATE}, 3600),
        ({"x_ratelimit_reset": str(MOMENT - 5), "date": DATE}, None),
        ({"x_ratelimit_reset": "soon", "retry_after": ""}, None),
        ({"x_ratelimit_retry_after": "nan", "retry_after": "-3"}, None),
        ({"x_ratelimit_retry_after": "inf"}, None),
        ({}, None),
    ],
)
def test_waiting(headers: dict[str, str], wait: float | None) -> None:
    """Both dialects are read: a large reset is a moment by Braze's clock, a small one a delay."""
    assert PLATFORM.wait_after_429(_reply(429, {}, **headers)) == wait


@pytest.mark.parametrize(
    "headers",
    [
        {"x_ratelimit_reset": str(MOMENT + 9)},
        {"x_ratelimit_reset": str(MOMENT + 9), "date": "yesterday"},
        {"retry_after": "Sun, 01 Mar 2026 09:00:30 GMT"},
    ],
)
@pytest.mark.parametrize("ours", [MOMENT - 86_400.0, MOMENT - 20.0, MOMENT + 86_400.0])
def test_no_wait_hangs_on_our_clock(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], ours: float
) -> None:
    """Without Braze's own date a moment says nothing, so the caller backs off."""
    monkeypatch.setattr(time, "time", lambda: ours)
    assert PLATFORM.wait_after_429(_reply(429, {}, **headers)) is None


@given(
    headers=st.dictionaries(
        st.sampled_from(["x_ratelimit_retry_after", "retry_after", "x_ratelimit_reset", "date"]),
        st.one_of(
            st.text("0123456789 :,+-.eGMTinfa", max_size=30),
            st.floats().map(str),
            st.integers().map(str),
            st.datetimes().map(format_datetime),
        ),
    )
)
def test_a_wait_is_bounded_whatever_the_headers_say(headers: dict[str, str]) -> None:
    """No header stops the program, and none makes a run wait for more than an hour."""
    wait = PLATFORM.wait_after_429(_reply(429, {}, **headers))
    assert wait is None or 0 < wait <= 3600


EXPORT = PLATFORM.probe(connection_to(PLATFORM))
TRACK = EXPORT.fallback
CONNECTION = connection_to(PLATFORM)


def test_probes_are_allowed_requests() -> None:
    """The calls of a check are ones that Braze's description allows, and they change nothing."""
    assert TRACK is not None
    for probe in (EXPORT, TRACK):
        validate("braze", probe.method, probe.path, probe.body)
    assert json.loads(EXPORT.body)["external_ids"] == ["tailrace-check"]
    assert json.loads(TRACK.body) == {}


def test_a_good_connection() -> None:
    """An export of an unknown user proves URL, key and permission; so does an empty track."""
    assert TRACK is not None
    nobody = {"message": "success", "users": [], "invalid_user_ids": ["tailrace-check"]}
    assert EXPORT.explain(_reply(200, nobody), CONNECTION) is None
    assert TRACK.explain(_reply(400, {"message": "Valid data must be given"}), CONNECTION) is None


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (_reply(401, {"message": "Invalid API Key"}), "another cluster"),
        (_reply(403, {"message": "Invalid API Key"}), "lacks the permission users."),
        (_reply(404, "<html>"), "without a path"),
        (_reply(429, {"message": "Rate limited"}), "over its rate limit"),
        (_reply(503, "busy"), "failed with status 503"),
        (_reply(200, "<html>"), "not the dashboard"),
        (_reply(200, {"message": "no"}), "that Braze would not say"),
        (_reply(302, ""), "not the dashboard"),
        (_reply(400, "<html>"), "not the dashboard"),
        (_reply(422, {"message": "no"}), "refused the check with status 422 (no)"),
    ],
)
def test_explained_failures(reply: Reply, words: str) -> None:
    """Every failure is one sentence that names the connection and the cause, not the key."""
    assert TRACK is not None
    for probe in (EXPORT, TRACK):
        sentence = probe.explain(reply, CONNECTION)
        assert sentence is not None
        assert words in sentence
        assert sentence.startswith("https://rest.fra-01.braze.eu ")
        assert SECRET not in sentence


@pytest.mark.parametrize("key", ['"made-up"', "two\nlines", "clé", "Bearer made-up", ""])
def test_a_key_that_cannot_be_sent(key: str) -> None:
    """A key with quotes or line breaks is told without showing it."""
    users = service("braze.users")
    connection = connection_to(PLATFORM)
    broken = type(connection)(
        name=connection.name,
        platform="braze",
        url=connection.url,
        secrets={"api_key": key},
        options={},
    )
    refused = refusal(PLATFORM, users, activation_of(users, sync_mode="upsert"), broken)
    assert refused == (
        "in its connection braze_test, api_key must be the bare key, without quotes, spaces or "
        "line breaks"
    )
