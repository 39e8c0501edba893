"""From rows to outcomes through the runner's own pages and sender, with a vendor on the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import count

from runner.asking import Asker
from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Operation,
    Platform,
    RateLimit,
    Rejection,
    Reply,
    Row,
    Service,
)
from runner.limits import Limiter
from runner.pages import Page, cut, render
from runner.preparing import prepared
from runner.sending import Sender
from runner.transport import HttpTransport

# Method, path, headers of the service's own, and body.
Send = Callable[[str, str, Mapping[str, str], bytes], Reply]
Outcome = str | Rejection
FREE = RateLimit(requests=1_000_000, seconds=1.0, bucket="free")


class Wire(HttpTransport):
    """Hands each request to the vendor, and tries it so many times."""

    def __init__(
        self, connection: Connection, platform: Platform, send: Send, attempts: int
    ) -> None:
        options = {**connection.options, "attempts": attempts}
        super().__init__(replace(connection, options=options), platform)
        self._send = send

    def call(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Ask the vendor."""
        return self._send(method, path, headers or {}, body)


def pages(
    service: Service, activation: Activation, connection: Connection, rows: Sequence[Row]
) -> Iterator[Page]:
    """Cut rows into pages as a push does."""

    @cache
    def endpoint(operation: Operation) -> Endpoint:
        return service.endpoint(activation, connection, operation)

    yield from cut(render([rows], endpoint), endpoint)


def asker_of(platform: Platform, connection: Connection, send: Send, *, attempts: int = 1) -> Asker:
    """Makes the runner's requests; a second passes whenever it looks at its clock."""
    seconds = count()

    def clock() -> float:
        return float(next(seconds))

    limiter = Limiter(FREE, clock=clock)
    return Asker(
        Wire(connection, platform, send, attempts),
        platform,
        retry=lambda *_: None,
        pause=lambda _: None,
        limiter=lambda _: limiter,
        clock=clock,
    )


def push(
    platform: Platform,
    service: Service,
    activation: Activation,
    connection: Connection,
    rows: Sequence[Row],
    send: Send,
    *,
    attempts: int = 1,
) -> dict[int, Outcome]:
    """The outcome of every row by its ordinal; no row has two."""
    asker = asker_of(platform, connection, send, attempts=attempts)
    activation = prepared(activation, service, asker, lambda _: None)
    sender = Sender(asker, service, activation.in_doubt, lambda _: None)
    outcomes: dict[int, Outcome] = {}
    for page in pages(service, activation, connection, rows):
        outcomes |= {row.ordinal: rejection for row, rejection in page.refused}
        outcomes |= deliver(sender, page)
    return outcomes


def deliver(sender: Sender, page: Page) -> dict[int, Outcome]:
    """The outcome of every row of a page."""
    found = sender.deliver(page) if page.rows else None
    outcomes: dict[int, Outcome] = {}
    for index, row in enumerate(page.rows):
        if found and index in found.rejections:
            outcomes[row.ordinal] = found.rejections[index]
        elif found and index in found.unknown | found.skipped | found.unsent:
            outcomes[row.ordinal] = "unknown"
        else:
            outcomes[row.ordinal] = "acknowledged"
    return outcomes
