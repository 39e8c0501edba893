"""Dotdigital's limits, what is asked before a run, and the call that proves a connection."""

from __future__ import annotations

import json

import pytest

from runner.destinations import service
from runner.destinations.checks import refusal
from runner.destinations.dotdigital import PLATFORM
from runner.destinations.dotdigital.replies import listed
from runner.destinations.service import RateLimit, Reply
from runner.errors import ConfigurationError, UnavailableError
from runner.preparing import prepared
from tests.contract.pushing import asker_of
from tests.contract.situations import activation_of, connection_to

CONNECTION = connection_to(PLATFORM)
CONTACTS = service("dotdigital.contacts")
LISTS = service("dotdigital.lists")
UPSERT = activation_of(CONTACTS, sync_mode="upsert", attributes={"FIRSTNAME": "first_name"})


def _reply(status: int, body: bytes = b"", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=body)


def _home(url: str) -> Reply:
    told = {"properties": [{"name": "ApiEndpoint", "value": url}]}
    return _reply(200, json.dumps(told).encode())


def test_limits_by_default() -> None:
    """Those of the contract, each an option."""
    place = CONTACTS.endpoint(UPSERT, CONNECTION, "insert")
    assert (place.max_rows, place.max_bytes, place.distinct) == (10_000, 20_000_000, True)
    assert place.rate == RateLimit(requests=60, seconds=60, bucket="dotdigital import")
    assert place.job is not None
    assert (place.job.waits, place.job.patience) == ((5, 10, 20, 30), 3600)
    own = connection_to(PLATFORM, import_max_rows=7, poll_seconds=[1], import_seconds=60)
    place = CONTACTS.endpoint(UPSERT, own, "insert")
    assert place.job is not None
    assert (place.max_rows, place.job.waits, place.job.patience) == (7, (1,), 60)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"poll_seconds": 5}, "poll_seconds must be a list of numbers of seconds above 0"),
        ({"poll_seconds": []}, "poll_seconds must be a list of numbers of seconds above 0"),
        ({"import_max_rows": 0}, "import_max_rows must be a whole number above 0"),
    ],
)
def test_wrong_options(options: dict[str, object], words: str) -> None:
    """An option that cannot be right is told before anything is sent."""
    told = refusal(PLATFORM, CONTACTS, UPSERT, connection_to(PLATFORM, **options))
    assert told is not None
    assert words in told


def _prepare(reply: Reply, *, dry_run: bool = False, **settings: object) -> object:
    asker = asker_of(PLATFORM, CONNECTION, lambda *_: reply)
    named = activation_of(LISTS, sync_mode="membership", settings=settings) if settings else UPSERT
    served = LISTS if settings else CONTACTS
    return prepared(named, served, asker, lambda _: None, dry_run=dry_run).settings


def test_a_field_that_the_account_lacks_is_told_with_the_nearest() -> None:
    """Unknown fields might be dropped in silence (U3)."""
    with pytest.raises(ConfigurationError, match="is no data field of this account: did you mean"):
        _prepare(_reply(200, b'[{"name": "FIRST_NAME", "type": "String"}]'))
    for body, words in ((b"<html>", "it is a page"), (b"{}", "it is no list")):
        with pytest.raises(UnavailableError, match=words):
            _prepare(_reply(200, body))


def test_a_list_that_is_not_there() -> None:
    """By its number it is a mistake; by its name it would be made."""
    with pytest.raises(ConfigurationError, match=r"list_id is 7, and there is no such list"):
        _prepare(_reply(200, b'[{"id": 8, "name": "VIPs"}]'), list_id=7)
    assert _prepare(_reply(200, b"[]"), dry_run=True, list="VIPs") == {"list": "VIPs", "list_id": 0}


def test_an_answer_that_is_a_list() -> None:
    """What is in it and no object is passed over."""
    assert listed(_reply(200, b'[{"id": 1}, 2]')) == [{"id": 1}]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (_reply(200, b'{"properties": []}'), None),
        (_home("https://r1-api.dotdigital.com/"), None),
        (_home("https://r2-api.dotdigital.com"), "lives at https://r2-api.dotdigital.com"),
        (_reply(401), "does not accept this API user and password"),
        (_reply(403), "may live in another region"),
        (_reply(404), "answered 404, as Dotdigital does not"),
    ],
)
def test_the_probe(reply: Reply, words: str | None) -> None:
    """It reads the account, and says in which region that lives."""
    probe = PLATFORM.probe(CONNECTION)
    assert (probe.method, probe.path, probe.body) == ("GET", "/v2/account-info", b"")
    told = probe.explain(reply, CONNECTION)
    assert told is None if words is None else words in str(told)


def test_waits_after_429() -> None:
    """By the header, else half a minute."""
    assert PLATFORM.wait_after_429(_reply(429, retry_after="7")) == 7
    assert PLATFORM.wait_after_429(_reply(429, x_ratelimit_reset="12")) == 12
    assert PLATFORM.wait_after_429(_reply(429)) == 30
