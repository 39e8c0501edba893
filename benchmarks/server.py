"""A destination shaped like Braze's that is never in the way: it counts, and answers at once.

Run as a program of its own: `python -m benchmarks.server`. It prints its port and ends when its
standard input does. It looks into a body no further than it must to count rows; with --keep it
holds the bodies, and counts their attributes when it is asked for its counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from functools import partial

END = b"\r\n\r\n"
COUNTS = b"/counts"
IDENTIFIER = b'"external_id":'


@dataclass(slots=True, kw_only=True)
class Counts:
    """What came in; times are those of a clock that no one sets."""

    requests: int = 0
    rows: int = 0
    deletes: int = 0
    attributes: int = 0
    refused: int = 0
    connections: int = 0
    first: float = 0.0
    last: float = 0.0
    cpu: float = 0.0


@dataclass(slots=True, kw_only=True)
class Manner:
    """How it behaves: seconds before each answer, and accepted requests in any second."""

    latency: float = 0.0
    limit: int = 0
    keep: bool = False
    counts: Counts = field(default_factory=Counts)
    bodies: list[bytes] = field(default_factory=list)
    accepted: deque[float] = field(default_factory=deque)

    def answer(self, path: bytes, body: bytes) -> bytes:
        """The whole answer to a request."""
        if path == COUNTS:
            return _reply(b"200 OK", json.dumps(self._told()).encode())
        counts, now = self.counts, time.monotonic()
        counts.first = counts.first or now
        counts.last = now
        if self.limit and self._is_over(now):
            counts.refused += 1
            return _reply(b"429 Too Many Requests", b'{"message":"slow down"}', b"Retry-After: 1")
        counts.requests += 1
        if path.startswith(b"/users/delete"):
            deleted = len(json.loads(body)["external_ids"])
            counts.deletes += deleted
            return _reply(b"201 Created", b'{"message":"success","deleted":%d}' % deleted)
        rows = body.count(IDENTIFIER)
        counts.rows += rows
        if self.keep:
            self.bodies.append(body)
        return _reply(b"201 Created", b'{"message":"success","attributes_processed":%d}' % rows)

    def _is_over(self, now: float) -> bool:
        while self.accepted and self.accepted[0] <= now - 1:
            self.accepted.popleft()
        if len(self.accepted) >= self.limit:
            return True
        self.accepted.append(now)
        return False

    def _told(self) -> dict[str, object]:
        self.counts.cpu = time.process_time()
        sent = (row for body in self.bodies for row in json.loads(body)["attributes"])
        self.counts.attributes = sum(len(row) - 1 for row in sent)
        return asdict(self.counts)


class Connection(asyncio.Protocol):
    """One connection, one request after the other."""

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._transport: asyncio.Transport | None = None
        self._came = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what TCP gives
        self._transport = transport
        self._manner.counts.connections += 1

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._came += data
        while (head := self._came.find(END)) >= 0:
            start = head + len(END)
            length = _length(bytes(self._came[:head]))
            if len(self._came) < start + length:
                return
            path = bytes(self._came[: self._came.find(b"\r\n")]).split(b" ")[1]
            body = bytes(self._came[start : start + length])
            del self._came[: start + length]
            answer = self._manner.answer(path, body)
            if self._manner.latency and path != COUNTS:
                asyncio.get_running_loop().call_later(self._manner.latency, self._write, answer)
            else:
                self._write(answer)

    def _write(self, answer: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(answer)


def _length(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.find(b"content-length:")
    return int(lowered[start + 15 :].split(b"\r", 1)[0]) if start >= 0 else 0


def _reply(status: bytes, body: bytes, header: bytes = b"X-Made-Up: 1") -> bytes:
    return (
        b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%b\r\n\r\n%b"
        % (status, len(body), header, body)
    )


async def _serve(manner: Manner) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Connection, manner), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    asyncio.run(_serve(Manner(latency=given.latency, limit=given.limit, keep=given.keep)))


if __name__ == "__main__":
    main()
