"""Batch's limits, waits, and the call that proves a connection."""

from __future__ import annotations

import pytest

from runner.destinations import service
from runner.destinations.batch import PLATFORM
from runner.destinations.batch.replies import read_profiles
from runner.destinations.checks import refusal
from runner.destinations.common.waiting import asked_wait
from runner.destinations.service import RateLimit, Reply
from tests.contract.situations import activation_of, connection_to, row_of

CONNECTION = connection_to(PLATFORM)


def _reply(status: int, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=b"")


def test_limits_by_default() -> None:
    """The limits are those of the contract: profiles a second become requests in a window."""
    profiles = service("batch.profiles")
    activation = activation_of(profiles, sync_mode="upsert")
    quick = profiles.endpoint(activation, CONNECTION, "insert")
    assert (quick.max_rows, quick.max_bytes, quick.distinct) == (200, 5_000_000, True)
    assert quick.rate == RateLimit(requests=3, seconds=2, bucket="batch profiles/update")
    dump = activation_of(profiles, sync_mode="upsert", settings={"call": "mass_update"})
    assert profiles.endpoint(dump, CONNECTION, "insert").max_rows == 10_000
    contacts = service("batch.contacts")
    place = contacts.endpoint(activation_of(contacts, sync_mode="update"), CONNECTION, "update")
    assert (place.max_rows, len(place.targets)) == (10_000, 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"app_keys": "one"}, "app_keys must be a list of API keys as text"),
        ({"profiles_version": "latest"}, 'profiles_version must be a version such as "2.11"'),
        ({"update_max_rows": 0}, "update_max_rows must be a whole number above 0"),
    ],
)
def test_wrong_options(options: dict[str, object], words: str) -> None:
    """An option that cannot be right is told before anything is sent."""
    profiles = service("batch.profiles")
    activation = activation_of(profiles, sync_mode="upsert")
    told = refusal(PLATFORM, profiles, activation, connection_to(PLATFORM, **options))
    assert told is not None
    assert words in told


def test_an_option_without_a_value_is_the_default() -> None:
    """A key that is left empty in the file does not become the smallest limit there is."""
    profiles = service("batch.profiles")
    activation = activation_of(profiles, sync_mode="upsert")
    empty = connection_to(PLATFORM, update_max_rows=None, update_rate_limit=None)
    place = profiles.endpoint(activation, empty, "insert")
    assert place.max_rows == 200
    assert place.rate == RateLimit(requests=3, seconds=2, bucket="batch profiles/update")


def test_the_probe_writes_nothing() -> None:
    """An empty list goes where the connection may write, with the headers of that API."""
    probe = PLATFORM.probe(CONNECTION)
    assert (probe.path, probe.body) == ("/2.11/profiles/update", b"[]")
    assert set(probe.headers) == {"Authorization", "X-Batch-Project"}
    apps = PLATFORM.probe(connection_to(PLATFORM, project_key=None))
    assert apps.path == "/1.0/5F00AA11BB22CC33/data/users"
    assert set(apps.headers) == {"X-Authorization"}
    assert probe.explain(_reply(400), CONNECTION) is None
    for status, words in ((401, "does not accept this key"), (403, "project_key"), (500, "500")):
        told = probe.explain(_reply(status), CONNECTION)
        assert told is not None
        assert words in told


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "12"}, 12.0),
        ({"retry_after": "0"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "999999"}, 3600.0),
        (
            {
                "retry_after": "Sun, 01 Mar 2026 09:00:30 GMT",
                "date": "Sun, 01 Mar 2026 09:00:00 GMT",
            },
            30.0,
        ),
        ({"retry_after": "Sun, 01 Mar 2026 09:00:30 GMT"}, None),
        ({}, None),
    ],
)
def test_waiting(headers: dict[str, str], wait: float | None) -> None:
    """Retry-After is read in both forms; without it Batch is left alone for five seconds."""
    reply = _reply(429, **headers)
    assert asked_wait(reply, "retry-after") == wait
    assert PLATFORM.wait_after_429(reply) == (wait or 5.0)


def test_a_row_that_was_taken_in_part_is_in_doubt() -> None:
    """Where an attribute was refused, the rest of the edit holds; a whole edit was not taken."""
    body = (
        b'{"code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": ['
        b'{"bulk_index": 0, "attribute": "a", "reason": "x"}, {"bulk_index": 1, "reason": "y"}]}'
    )
    rows = [row_of(number, "update", {}, {}) for number in range(3)]
    verdict = read_profiles(Reply(status=202, headers={}, body=body), rows)
    assert vars_of(verdict) == ({0, 1}, {0})


def vars_of(verdict: object) -> tuple[set[int], set[int]]:
    """The rejected rows of a verdict, and those of which something was taken."""
    return set(getattr(verdict, "rejections", ())), set(getattr(verdict, "partial", ()))
