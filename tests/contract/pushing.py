"""From rows to outcomes through the runner's own pages and sender, with a vendor on the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

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
    """Hands each request to the vendor; nothing is tried twice."""

    def __init__(self, connection: Connection, platform: Platform, send: Send) -> None:
        options = {**connection.options, "attempts": 1}
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

    yield from cut(render(rows, endpoint), endpoint)


def asker_of(platform: Platform, connection: Connection, send: Send) -> Asker:
    """Makes the runner's requests, and neither waits nor tries again."""
    return Asker(
        Wire(connection, platform, send),
        platform,
        retry=lambda *_: None,
        pause=lambda _: None,
        limiter=lambda _: Limiter(FREE),
    )


def push(
    platform: Platform,
    service: Service,
    activation: Activation,
    connection: Connection,
    rows: Sequence[Row],
    send: Send,
) -> dict[int, Outcome]:
    """The outcome of every row by its ordinal; no row has two."""
    asker = asker_of(platform, connection, send)
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
