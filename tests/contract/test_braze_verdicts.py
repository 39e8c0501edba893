"""Whatever Braze answers, every row has one outcome, and nothing is believed blindly."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.destinations.braze import PLATFORM
from runner.destinations.service import Endpoint, Reply, Row, Service, Settled, Split, Unbelievable
from runner.pages import Page
from runner.sending import Sender
from tests.contract.pushing import asker_of, deliver
from tests.contract.situations import activation_of, connection_to, row_of

SERVICES = PLATFORM.services
ARRAYS = ("attributes", "events", "purchases")
CONNECTION = connection_to(PLATFORM)
Place = tuple[Service, Endpoint]


def _places() -> Iterator[Place]:
    for service in SERVICES:
        activation = activation_of(service, sync_mode=next(iter(service.sync_modes)))
        yield service, service.endpoint(activation, CONNECTION, "insert")
    users = PLATFORM.services[0]
    mirror = activation_of(users, sync_mode="mirror")
    yield users, users.endpoint(mirror, CONNECTION, "delete")


PLACES = list(_places())


def _rows(count: int) -> list[Row]:
    return [row_of(number, "insert", {}, {}) for number in range(count)]


def name(value: object) -> str:
    """What a place is called among the tests."""
    return value.name if isinstance(value, Service) else value.targets[0].path  # type: ignore[attr-defined]


TEXTS = st.sampled_from(["EMAIL_BAD_FORMAT", "'price' is not valid", "", "rate", "success"])
ENTRIES = st.one_of(
    TEXTS,
    st.none(),
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.one_of(TEXTS, st.none(), st.integers()),
            "message": TEXTS,
            "input_array": st.sampled_from([*ARRAYS, *ARRAYS, None, "users", 1]),
            "index": st.one_of(st.integers(-1, 4), st.none(), st.booleans(), st.just("0")),
        },
    ),
)
COUNTS = st.one_of(st.integers(-1, 5), st.none(), st.booleans(), st.just("1"))
BODIES: st.SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
    {},
    optional={
        "message": st.sampled_from(["success", "success", "success", "queued", "", 1, None]),
        "error": TEXTS,
        "errors": st.one_of(st.lists(ENTRIES, max_size=4), st.none(), TEXTS, st.just({})),
        "attributes_processed": COUNTS,
        "events_processed": COUNTS,
        "purchases_processed": COUNTS,
        "deleted": COUNTS,
    },
)
RAW = st.sampled_from(
    [b"", b"<html>", b"[]", b"null", b"{", b"\xff\xfe", b'"success"', b"[" * 9999]
)
STATUSES = st.sampled_from([200, 201, 202, 204, 400, 413, 301, 409])
REPLIES = st.builds(
    lambda status, body: Reply(
        status=status,
        headers={},
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
    ),
    STATUSES,
    st.one_of(BODIES, BODIES, BODIES, RAW),
)


def _object(reply: Reply) -> Mapping[str, Any]:
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _named(reply: Reply) -> set[int]:
    """The rows that the answer names, read as loosely as can be."""
    entries = _object(reply).get("errors")
    entries = entries if isinstance(entries, list) else []
    return {each["index"] for each in entries if isinstance(each, dict) and "index" in each}


@pytest.mark.parametrize(("service", "endpoint"), PLACES, ids=name)
@settings(max_examples=100, deadline=None)
@given(data=st.data(), rows=st.integers(1, 5))
def test_one_outcome_for_every_row(
    service: Service, endpoint: Endpoint, data: st.DataObject, rows: int
) -> None:
    """A page of any size ends with one outcome a row, after a bounded number of requests."""
    sent: list[bytes] = []

    def send(_: str, __: str, ___: Mapping[str, str], body: bytes) -> Reply:
        sent.append(body)
        return data.draw(REPLIES)

    mode = next(iter(service.sync_modes))
    activation = activation_of(service, sync_mode=mode)
    asker = asker_of(PLATFORM, connection_to(PLATFORM), send)
    sender = Sender(asker, service, activation.in_doubt, lambda _: None)
    page = Page(
        operation="insert",
        endpoint=replace(endpoint, route=None),
        rows=_rows(rows),
        fragments=[b"0"] * rows,
        first_ordinal=0,
        last_ordinal=rows - 1,
    )
    outcomes = deliver(sender, page)
    assert sorted(outcomes) == list(range(rows))
    assert len(sent) <= 2 * rows - 1


@pytest.mark.parametrize(("service", "endpoint"), PLACES, ids=name)
@settings(max_examples=200, deadline=None)
@given(reply=REPLIES, rows=st.integers(1, 5))
def test_only_a_success_acknowledges(
    service: Service, endpoint: Endpoint, reply: Reply, rows: int
) -> None:
    """A row counts as taken only by a 2xx that says so and does not name it."""
    verdict = endpoint.verdict(reply, _rows(rows))
    if not isinstance(verdict, Settled):
        return
    assert set(verdict.rejections) <= set(range(rows))
    acknowledged = set(range(rows)) - set(verdict.rejections)
    assert not acknowledged & _named(reply)
    if acknowledged:
        body = _object(reply)
        assert 200 <= reply.status < 300
        assert body.get("message") == "success" or (
            endpoint.targets[0].path == "/users/delete"
            and body.get("message") is None
            and isinstance(body.get("deleted"), int)
        )


def _counted(service: Service, endpoint: Endpoint, reply: Reply, rows: int) -> int:
    """The least number of rows that the answer says were taken; all of them if it does not say."""
    arrays = {"braze.events": "events", "braze.purchases": "purchases"}
    counts = [f"{arrays.get(service.name, 'attributes')}_processed"]
    counts += ["deleted"] if endpoint.targets[0].path == "/users/delete" else []
    body = _object(reply)
    return min([rows, *(int(body[name]) for name in counts if name in body)])


@pytest.mark.parametrize(("service", "endpoint"), PLACES, ids=name)
@settings(max_examples=200, deadline=None)
@given(reply=REPLIES, rows=st.integers(1, 5))
def test_no_more_rows_are_acknowledged_than_counted(
    service: Service, endpoint: Endpoint, reply: Reply, rows: int
) -> None:
    """A success that counts fewer rows than it blames acknowledges none of its page."""
    verdict = endpoint.verdict(reply, _rows(rows))
    if isinstance(verdict, Settled) and len(verdict.rejections) < rows:
        assert rows - len(verdict.rejections) <= _counted(service, endpoint, reply, rows)


@pytest.mark.parametrize(("service", "endpoint"), PLACES, ids=name)
@settings(max_examples=200, deadline=None)
@given(reply=REPLIES, rows=st.integers(2, 5))
def test_what_may_double_is_not_sent_twice(
    service: Service, endpoint: Endpoint, reply: Reply, rows: int
) -> None:
    """Rows of an event page that may have been taken are left in doubt, not sent in halves."""
    verdict = endpoint.verdict(reply, _rows(rows))
    if service.repeatable or not isinstance(verdict, Split):
        return
    body = _object(reply)
    assert not (200 <= reply.status < 300 and body.get("message") == "success")
    if reply.status != 413:
        assert not body.get(f"{service.name.partition('.')[2]}_processed")


@pytest.mark.parametrize(("service", "endpoint"), PLACES, ids=name)
@pytest.mark.parametrize("index", [-1, 3, "0", True, 1.0])
def test_a_row_that_was_not_sent(service: Service, endpoint: Endpoint, index: object) -> None:
    """An answer that names a row which was not sent settles nothing."""
    errors = [{"type": "odd", "index": index}]
    body = json.dumps({"message": "success", "errors": errors}).encode()
    verdict = endpoint.verdict(Reply(status=201, headers={}, body=body), _rows(3))
    assert isinstance(verdict, Unbelievable)
