"""A dry run: the requests of the first pages, shown and not sent."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from itertools import islice

from runner.control import Registration
from runner.destinations.service import Activation, Operation, Service
from runner.masking import MASK, masked
from runner.pages import cut, read_chunks, render
from runner.report import Reporter
from runner.stream import Range
from runner.transport import Transport
from runner.warehouse import Warehouse

PAGES = 2
# Headers that say nothing about who calls.
OPEN_HEADERS = frozenset({"user-agent", "content-type", "accept", "accept-encoding"})


def preview(
    warehouse: Warehouse,
    registration: Registration,
    service: Service,
    activation: Activation,
    transport: Transport,
    reporter: Reporter,
    ranges: Mapping[int, Range],
) -> int:
    """Show the first pages of each operation in the ranges of the shards; how many."""
    connection = transport.connection
    headers = {name: _shown(name, value) for name, value in transport.headers.items()}
    endpoint_of = cache(partial(service.endpoint, activation, connection))
    shown: dict[Operation, int] = {}
    for shard, wanted in ranges.items():
        up_to = wanted.up_to
        firsts = _firsts(warehouse, registration, shard, wanted.after, up_to)
        for operation, first in firsts.items():
            endpoint = endpoint_of(operation)
            chunks = read_chunks(
                warehouse, registration, shard, first - 1, up_to, size=PAGES * endpoint.max_rows
            )
            pages = cut(render(chunks, endpoint_of), endpoint_of)
            for page in islice(pages, PAGES - shown.get(operation, 0)):
                if page.operation != operation:
                    break
                for target, indexes in page.requests() if page.rows else ():
                    body = masked(page.text(target, indexes).decode())
                    path = target.shown or target.path
                    reporter.request(
                        target.method or endpoint.method, connection.url + path, headers, body
                    )
                    shown[operation] = shown.get(operation, 0) + 1
    return sum(shown.values())


def _firsts(
    warehouse: Warehouse, registration: Registration, shard: int, after: int, up_to: int
) -> dict[Operation, int]:
    query = (
        f"select _operation, min(_ordinal) from {registration.delta(warehouse)} "  # noqa: S608
        "where _delta_id = ? and _shard = ? and _ordinal > ? and _ordinal <= ? "
        "group by _operation order by min(_ordinal)"
    )
    found = warehouse.rows(query, [registration.delta_id, shard, after, up_to])
    return {operation: int(first) for operation, first in found}


def _shown(name: str, value: str) -> str:
    shown = masked(value)
    return shown if shown != value or name.lower() in OPEN_HEADERS else MASK
