"""The limits of a page, in rows and in bytes, for every service: one below, at and one above."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest

from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Operation,
    Row,
    Service,
)
from runner.pages import Page
from tests.contract.bodies import values
from tests.contract.cases import FRAMES, name_of, numbered
from tests.contract.descriptions import described, validate
from tests.contract.pushing import pages
from tests.contract.situations import Situation

# Pages of more rows are cut alike, and take minutes here.
MOST = 1000


def _with(service: Service, **limits: Any) -> Service:  # noqa: ANN401 - fields of an endpoint
    """The service with other limits."""

    def endpoint(named: Activation, at: Connection, operation: Operation) -> Endpoint:
        return replace(service.endpoint(named, at, operation), **limits)

    return replace(service, endpoint=endpoint)


def _pages(situation: Situation, rows: Sequence[Row], **limits: Any) -> list[Page]:  # noqa: ANN401
    service = _with(situation.service, **limits)
    return list(pages(service, situation.activation, situation.connection, rows))


def _size(page: Page) -> int:
    """The bytes of the page's largest request; a form that is no text is packed afterwards."""
    return max(len(page.text(*request)) for request in page.requests())


@pytest.mark.parametrize(("situation", "row"), FRAMES, ids=name_of)
def test_rows_of_a_page(situation: Situation, row: Row) -> None:
    """One row below, at and above the limit of a page: every row once, in valid requests."""
    limit = min(situation.endpoint(row.operation).max_rows, MOST)
    for count in (limit - 1, limit, limit + 1):
        rows = [numbered(situation, row, number) for number in range(1, count + 1)]
        found = _pages(situation, rows, max_rows=limit)
        sizes = [limit, 1] if count > limit else [count]
        assert [len(page.rows) for page in found] == [size for size in sizes if size]
        for page in found:
            _check(situation, page)


def _check(situation: Situation, page: Page) -> None:
    """Each request is valid, not too large, and names each of its rows once."""
    (identifier,) = situation.activation.identifiers
    for target, indexes in page.requests():
        body = page.body(target, indexes)
        assert len(body) <= page.endpoint.max_bytes
        texts = Counter(each for each in values(target.path, body) if isinstance(each, str))
        texts.update(unquote(step) for step in target.path.split("/"))
        # A row that is looked up is named by its question.
        for row in () if page.endpoint.lookup else (page.rows[index] for index in indexes):
            assert 1 in (texts[json.loads(row.identifiers)[identifier]], texts[row.record_key])
        if situation.platform.name in described():
            validate(situation.platform.name, page.endpoint.method, target.path, body)


# A request without a body fits everywhere.
BODIES = [case for case in FRAMES if _size(_pages(case[0], [numbered(*case, 1)])[0])]


@pytest.mark.parametrize(("situation", "row"), BODIES, ids=name_of)
def test_bytes_of_a_page(situation: Situation, row: Row) -> None:
    """Rows that fill a request to its last byte go in one; one byte more, and it takes two."""
    count = min(situation.endpoint(row.operation).max_rows, 3)
    rows = [numbered(situation, row, number) for number in range(1, count + 1)]
    (whole,) = _pages(situation, rows, max_rows=count)
    size = _size(whole)
    parted = [count - 1, 1] if count > 1 else [0]
    for limit, sizes in ((size + 1, [count]), (size, [count]), (size - 1, parted)):
        found = _pages(situation, rows, max_rows=count, max_bytes=limit)
        assert [len(page.rows) for page in found] == sizes
        assert all(_size(page) <= limit for page in found if page.rows)


@pytest.mark.parametrize(("situation", "row"), BODIES, ids=name_of)
def test_a_row_that_fills_a_request_is_sent_and_a_larger_one_is_refused(
    situation: Situation, row: Row
) -> None:
    """A row to the byte as large as a request goes, and what is one byte larger is never sent."""
    one, other = (numbered(situation, row, number) for number in (1, 2))
    (alone,) = _pages(situation, [one])
    # The second meets a page that has room, but not for it.
    found = _pages(situation, [one, other], max_bytes=_size(alone))
    assert [(page.rows, page.refused) for page in found] == [([one], []), ([other], [])]
    (large,) = _pages(situation, [one], max_bytes=_size(alone) - 1)
    assert large.rows == []
    assert [why.code for _, why in large.refused] == ["row_too_large"]
