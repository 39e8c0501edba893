"""Reading a delta by ranges of its ordinal, and cutting its rows into pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import attrgetter

from runner.control import Registration
from runner.destinations.service import (
    Endpoint,
    Operation,
    Rejection,
    Row,
    Target,
)
from runner.errors import UnavailableError
from runner.warehouse import Warehouse

# A page closes when that many rows were refused beside it, so that refusals do not pile up.
MAX_REFUSED = 500

Rendered = tuple[Row, bytes | Rejection]


@dataclass(slots=True, kw_only=True)
class Page:
    """Consecutive rows of one operation: those of one request, and those refused without one.

    `job` was given these rows by an earlier run. `reached` are targets that its rows name.
    """

    operation: Operation
    endpoint: Endpoint
    rows: list[Row] = field(default_factory=list)
    fragments: list[bytes] = field(default_factory=list)
    refused: list[tuple[Row, Rejection]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    reached: set[Target] = field(default_factory=set)
    first_ordinal: int
    last_ordinal: int
    job: str | None = None

    def add(self, row: Row, fragment: bytes, target: Target | None) -> None:
        """Take a row that goes to a target of its own, or to all of them."""
        self.rows.append(row)
        self.fragments.append(fragment)
        if self.endpoint.distinct:
            self.seen.add(row.identifiers)
        if target:
            self.reached.add(target)

    def requests(self) -> Iterator[tuple[Target, Sequence[int]]]:
        """Yield the requests of the page: where to, with which of its rows."""
        everyone = range(len(self.rows))
        route = self.endpoint.route
        if route is None:
            yield from ((target, everyone) for target in self.endpoint.targets)
            return
        groups: dict[Target, list[int]] = {}
        for index in everyone:
            groups.setdefault(route(self.rows[index]), []).append(index)
        yield from groups.items()

    def body(self, target: Target, indexes: Sequence[int]) -> bytes:
        """The request body of these rows."""
        text = self.text(target, indexes)
        return self.endpoint.pack(text) if self.endpoint.pack else text

    def text(self, target: Target, indexes: Sequence[int]) -> bytes:
        """The body before it is packed."""
        fragments = map(self.fragments.__getitem__, indexes)
        return target.opening + self.endpoint.separator.join(fragments) + target.closing


def read_chunks(
    warehouse: Warehouse,
    registration: Registration,
    shard: int,
    after: int,
    up_to: int,
    *,
    size: int = 10_000,
) -> Iterator[list[Row]]:
    """Yield the rows with `after < ordinal <= up_to` in order, `size` at a time.

    Each chunk is read by a query of its own, so nothing is open between two of them.
    """
    query = (
        "select _ordinal, _operation, _record_key, _identifiers, "
        # The build writes an attribute a line; JSON needs no line breaks.
        "replace(_payload, chr(10), '') as _payload, _row_hash "
        f"from {registration.delta(warehouse)} "
        "where _delta_id = ? and _shard = ? and _ordinal > ? and _ordinal <= ? order by _ordinal"
    )
    # Row(...) would take twice the time.
    make = partial(tuple.__new__, Row)
    for start in range(after, up_to, size):
        stop = min(start + size, up_to)
        found = warehouse.rows(query, [registration.delta_id, shard, start, stop])
        chunk = list(map(make, found))
        if [row.ordinal for row in chunk] != list(range(start + 1, stop + 1)):
            raise UnavailableError(
                f"{registration.activation_name}: the delta was replaced while it was being read; "
                "nothing is lost, run the push again.",
                cause="delta_replaced",
            )
        yield chunk


def render(
    chunks: Iterable[Sequence[Row]], endpoint: Callable[[Operation], Endpoint]
) -> Iterator[Rendered]:
    """Yield each row with its fragment, or with the reason why it needs no request."""
    for chunk in chunks:
        for operation, alike in groupby(chunk, key=attrgetter("operation")):
            rows = list(alike)
            yield from zip(rows, map(endpoint(operation).fragment, rows), strict=True)


def cut(rendered: Iterable[Rendered], endpoint: Callable[[Operation], Endpoint]) -> Iterator[Page]:
    """Cut rows in order into pages of one operation, within the endpoint's rows and bytes."""
    page: Page | None = None
    room = 0
    for row, fragment in rendered:
        if page is None or row.operation != page.operation or _is_full(page, row):
            if page is not None:
                yield page
            page, room = _empty_page(row, endpoint(row.operation))
        if isinstance(fragment, Rejection):
            page.refused.append((row, fragment))
        else:
            target = page.endpoint.route(row) if page.endpoint.route else None
            needed = len(fragment) + _new_frame(page, target)
            if needed > room:
                refusal = _too_large(page.endpoint, len(fragment), target)
                if refusal:
                    page.refused.append((row, refusal))
                    page.last_ordinal = row.ordinal
                    continue
                yield page
                page, room = _empty_page(row, page.endpoint)
                needed = len(fragment) + _new_frame(page, target)
            room -= needed + len(page.endpoint.separator)
            page.add(row, fragment, target)
        page.last_ordinal = row.ordinal
    if page is not None:
        yield page


def _empty_page(row: Row, endpoint: Endpoint) -> tuple[Page, int]:
    page = Page(
        operation=row.operation,
        endpoint=endpoint,
        first_ordinal=row.ordinal,
        last_ordinal=row.ordinal,
    )
    return page, endpoint.max_bytes - _shared_frame(endpoint)


def _shared_frame(endpoint: Endpoint) -> int:
    """Bytes around the rows of any request of the page."""
    return max(map(_frame, endpoint.targets), default=0)


def _frame(target: Target) -> int:
    """Bytes around the rows of a request."""
    return len(target.opening) + len(target.closing)


def _new_frame(page: Page, target: Target | None) -> int:
    """Bytes that come along with a row which is the first of the page to go there."""
    return _frame(target) if target and target not in page.reached else 0


def _is_full(page: Page, row: Row) -> bool:
    if page.endpoint.distinct and row.identifiers in page.seen:
        return True
    return len(page.rows) >= page.endpoint.max_rows or len(page.refused) >= MAX_REFUSED


def _too_large(endpoint: Endpoint, size: int, target: Target | None) -> Rejection | None:
    """Why a row fits into no request, or None where it does."""
    limit = endpoint.max_bytes - _shared_frame(endpoint) - (_frame(target) if target else 0)
    if size <= limit:
        return None
    return Rejection(
        code="row_too_large",
        reason=f"The row alone takes {size} bytes of a request; the destination allows {limit}.",
    )
