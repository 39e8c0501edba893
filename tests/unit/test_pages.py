"""Promises of reading a delta and cutting it into pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.control import Registration, registrations
from runner.destinations.service import (
    Endpoint,
    Operation,
    RateLimit,
    Rejection,
    Row,
    Settled,
    Target,
)
from runner.errors import UnavailableError
from runner.pages import MAX_REFUSED, Page, Rendered, cut, read_chunks
from runner.warehouse import Warehouse, connect
from tests.support.warehouses import SCHEMA, Built, create_control_tables, duckdb_profile

TRACK = Target(path="/track", opening=b'{"rows":[', closing=b"]}")
OPERATIONS: tuple[Operation, ...] = ("insert", "update", "delete")


def endpoint(max_rows: int, max_bytes: int) -> Endpoint:
    """An endpoint whose frame takes 11 bytes."""
    return Endpoint(
        targets=(TRACK,),
        fragment=lambda _: REFUSED,
        verdict=lambda _, __: Settled(rejections={}),
        max_rows=max_rows,
        max_bytes=max_bytes,
        rate=RateLimit(requests=1, seconds=1.0, bucket="all"),
        permission="users.track",
    )


def row(ordinal: int, operation: Operation = "insert") -> Row:
    """A row of which only ordinal and operation matter."""
    return Row(
        ordinal=ordinal,
        operation=operation,
        record_key=str(ordinal),
        identifiers="{}",
        payload="{}",
        row_hash="",
    )


REFUSED = Rejection(code="unfit", reason="It does not fit.")
fragments = st.one_of(st.just(REFUSED), st.binary(min_size=1, max_size=40))
rendered_rows = st.lists(st.tuples(st.sampled_from(OPERATIONS), fragments), max_size=60).map(
    lambda found: [
        (row(ordinal, operation), fragment)
        for ordinal, (operation, fragment) in enumerate(
            sorted(found, key=lambda item: OPERATIONS.index(item[0])), start=1
        )
    ]
)


@settings(max_examples=200, deadline=None)
@given(rendered=rendered_rows, max_rows=st.integers(1, 8), max_bytes=st.integers(30, 120))
def test_pages_partition_the_rows_within_every_limit(
    rendered: list[Rendered], max_rows: int, max_bytes: int
) -> None:
    """Each row is in one page, in order, of one operation; no page breaks its limits."""
    limits = {operation: endpoint(max_rows, max_bytes) for operation in OPERATIONS}
    pages = list(cut(rendered, limits.__getitem__))
    seen: list[int] = []
    for page in pages:
        sent = [item.ordinal for item in page.rows]
        refused = [item.ordinal for item, _ in page.refused]
        both = sorted(sent + refused)
        assert sent == sorted(sent)
        assert {item.operation for item in page.rows} <= {page.operation}
        assert len(page.rows) == len(page.fragments) <= max_rows
        if page.rows:
            assert len(page.body(TRACK, range(len(page.rows)))) <= max_bytes
        assert (page.first_ordinal, page.last_ordinal) == (both[0], both[-1])
        seen += both
    assert seen == [item.ordinal for item, _ in rendered]


@given(rendered=rendered_rows)
def test_pages_are_as_full_as_they_may_be(rendered: list[Rendered]) -> None:
    """Two neighbours of one operation would not fit into one page."""
    pages = list(cut(rendered, lambda _: endpoint(5, 120)))
    for page, following in pairwise(pages):
        if page.operation == following.operation and following.rows:
            together = len(page.body(TRACK, range(len(page.rows)))) + len(following.fragments[0])
            comma = 1 if page.rows else 0
            assert len(page.rows) == 5 or together + comma > 120


def test_a_row_larger_than_a_request_is_refused_and_the_others_go_on() -> None:
    """It needs no request, and its reason names both sizes."""
    rendered: list[Rendered] = [(row(1), b"a"), (row(2), b"b" * 20), (row(3), b"c")]
    (page,) = cut(rendered, lambda _: endpoint(10, 30))
    assert page.fragments == [b"a", b"c"]
    ((refused, why),) = page.refused
    assert (refused.ordinal, why.code) == (2, "row_too_large")
    assert "20 bytes" in why.reason
    assert "19" in why.reason


def test_rows_that_go_to_one_place_share_its_frame() -> None:
    """What stands around them counts once for each place, so a page is as full as it may be."""
    places = [replace(TRACK, path=path) for path in ("/a", "/b")]
    rendered: list[Rendered] = [(row(ordinal), b"xx") for ordinal in range(1, 5)]
    routed = replace(endpoint(10, 0), targets=(), route=lambda each: places[each.ordinal % 2])
    # Two frames of eleven bytes, four rows and a separator after each but the last.
    for limit, sizes in ((33, [4]), (32, [3, 1])):
        limits: dict[Operation, Endpoint] = {"insert": replace(routed, max_bytes=limit)}
        pages = cut(rendered, limits.__getitem__)
        assert [len(page.rows) for page in pages] == sizes


def test_a_body_is_opening_fragments_and_closing() -> None:
    """Any run of a page's rows makes a request body."""
    rendered: list[Rendered] = [(row(1), b"1"), (row(2), b"2"), (row(3), b"3")]
    (page,) = cut(rendered, lambda _: endpoint(10, 100))
    assert (page.body(TRACK, range(3)), page.body(TRACK, [1])) == (
        b'{"rows":[1,2,3]}',
        b'{"rows":[2]}',
    )


def test_a_body_that_is_packed_stays_text_for_people() -> None:
    """A dry run shows what is in it."""
    rendered: list[Rendered] = [(row(1), b"1")]
    (page,) = cut(rendered, lambda _: replace(endpoint(10, 100), pack=lambda body: b"\xff" + body))
    assert page.body(TRACK, [0]) == b'\xff{"rows":[1]}'
    assert page.text(TRACK, [0]) == b'{"rows":[1]}'


def test_refusals_without_a_request_do_not_pile_up_in_one_page() -> None:
    """A delta of nothing but unfit rows is settled part by part."""
    rendered: Iterator[Rendered] = ((row(ordinal), REFUSED) for ordinal in range(1, 2001))
    assert max(len(page.refused) for page in cut(rendered, lambda _: endpoint(5, 100))) == (
        MAX_REFUSED
    )


def test_rows_are_cut_while_they_are_read() -> None:
    """A page is ready as soon as it is full: memory does not grow with the delta."""
    taken = 0

    def endless() -> Iterator[Rendered]:
        nonlocal taken
        while True:
            taken += 1
            yield row(taken), b"x"

    assert isinstance(next(cut(endless(), lambda _: endpoint(10, 1000))), Page)
    assert taken == 11


class Counting:
    """A warehouse that notes how many rows each query brought, and whether it was read out."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.queries: list[int] = []
        self.is_open = False

    def rows(self, sql: str, parameters: list[object]) -> Iterator[tuple[object, ...]]:
        """Yield what the warehouse yields."""
        assert not self.is_open
        assert "limit" not in sql.lower()
        assert "offset" not in sql.lower()
        self.is_open = True
        self.queries.append(0)
        for found in self.warehouse.rows(sql, parameters):
            self.queries[-1] += 1
            yield found
        self.is_open = False

    def relation(self, *parts: str | None) -> str:
        """Quote as the warehouse does."""
        return self.warehouse.relation(*parts)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    """A DuckDB file with control tables."""
    warehouse = connect(duckdb_profile(tmp_path))
    create_control_tables(warehouse)
    yield warehouse
    warehouse.close()


def built(warehouse: Warehouse) -> Registration:
    """A registered delta of two shards with seven rows each, and invalid ones."""
    Built(shards=(7, 7), invalid=2).build(warehouse)
    return registrations(warehouse, SCHEMA)[0]


def test_a_range_is_read_in_order_chunk_by_chunk(warehouse: Warehouse) -> None:
    """Bounded queries over the shard's ordinals; nothing stays open between two chunks."""
    registration = built(warehouse)
    counting = Counting(warehouse)
    read: list[list[int]] = []
    for chunk in read_chunks(cast("Warehouse", counting), registration, 1, 1, 6, size=2):
        assert not counting.is_open
        read.append([item.ordinal for item in chunk])
        assert {item.record_key.split("-")[1] for item in chunk} == {"1"}
    assert read == [[2, 3], [4, 5], [6]]
    assert counting.queries == [2, 2, 1]


def test_a_row_is_read_as_the_warehouse_rendered_it(warehouse: Warehouse) -> None:
    """JSON stays text, and a hash what it is."""
    registration = built(warehouse)
    warehouse.execute('update "marketing"."braze_vips" set _row_hash = null where _ordinal = 2')
    ((first, second),) = read_chunks(warehouse, registration, 0, 0, 2)
    assert (first.identifiers, first.payload) == (
        '{"external_id": "key-0-1"}',
        '{"first_name": "Ada"}',
    )
    assert (first.row_hash, second.row_hash) == ("abc", None)


@pytest.mark.parametrize(
    "damage",
    [
        "update {} set _delta_id = 'delta-2'",
        "delete from {} where _ordinal = 3",
        "update {} set _ordinal = 4 where _ordinal = 3",
    ],
)
def test_a_delta_that_is_not_the_registered_one_is_not_read(
    warehouse: Warehouse, damage: str
) -> None:
    """A missing, doubled or foreign row means that the delta was replaced."""
    registration = built(warehouse)
    warehouse.execute(damage.format('"marketing"."braze_vips"'))
    with pytest.raises(UnavailableError, match="was replaced while it was being read"):
        list(read_chunks(warehouse, registration, 0, 0, 7))
