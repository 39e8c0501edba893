"""The shortest way from rows to outcomes: what the runner's send loop must do with a service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Operation,
    Rejection,
    Reply,
    Row,
    Service,
    Settled,
    Split,
)

Send = Callable[[Endpoint, bytes, int], Reply]
Outcome = str | Rejection
Rendered = tuple[int, bytes]


def body_of(endpoint: Endpoint, page: Sequence[Rendered]) -> bytes:
    """The body of a request with these rendered rows, to the endpoint's only target."""
    (target,) = endpoint.targets
    fragments = b",".join(fragment for _, fragment in page)
    return target.opening + fragments + target.closing


def pages(
    service: Service, activation: Activation, connection: Connection, rows: Sequence[Row]
) -> Iterator[tuple[Endpoint, list[Rendered]]]:
    """Cut rows of one operation after another into pages; refused rows are left out."""
    page: list[Rendered] = []
    last: tuple[Endpoint, Operation] | None = None
    for row in rows:
        endpoint = service.endpoint(activation, connection, row.operation)
        fragment = service.fragment(activation, row)
        if isinstance(fragment, Rejection):
            continue
        place = endpoint, row.operation
        if last and (last != place or len(page) == endpoint.max_rows):
            yield last[0], page
            page = []
        last = place
        page.append((row.ordinal, fragment))
    if last:
        yield last[0], page


def push(
    service: Service,
    activation: Activation,
    connection: Connection,
    rows: Sequence[Row],
    send: Send,
) -> dict[int, Outcome]:
    """The outcome of every row by its ordinal."""
    outcomes: dict[int, Outcome] = {}
    for row in rows:
        fragment = service.fragment(activation, row)
        if isinstance(fragment, Rejection):
            outcomes[row.ordinal] = fragment
    for endpoint, page in pages(service, activation, connection, rows):
        settle(service, endpoint, page, send, outcomes)
    return outcomes


def settle(
    service: Service,
    endpoint: Endpoint,
    page: Sequence[Rendered],
    send: Send,
    outcomes: dict[int, Outcome],
) -> None:
    """Send a page, halving it where the verdict says so; no row may get a second outcome."""
    verdict = service.verdict(send(endpoint, body_of(endpoint, page), len(page)), len(page))
    if isinstance(verdict, Split) and len(page) > 1:
        middle = len(page) // 2
        settle(service, endpoint, page[:middle], send, outcomes)
        settle(service, endpoint, page[middle:], send, outcomes)
        return
    for index, (ordinal, _) in enumerate(page):
        assert ordinal not in outcomes, f"row {ordinal} has two outcomes"
        if isinstance(verdict, Settled):
            outcomes[ordinal] = verdict.rejections.get(index, "acknowledged")
        elif isinstance(verdict, Split):
            outcomes[ordinal] = verdict.rejection
        else:
            outcomes[ordinal] = "unknown"
