"""A destination under a test's control: a local HTTP server, and a small platform that fits it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from runner.destinations.access import Probe
from runner.destinations.braze import PLATFORM as BRAZE
from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Operation,
    Platform,
    RateLimit,
    Reading,
    Rejection,
    Reply,
    Row,
    Service,
    Settled,
    Split,
    Target,
    Unbelievable,
    Verdict,
)
from tests.support.sockets import drip

SECRET = "planted-secret/42+x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the server received; `keys` are the record keys of the page."""

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def keys(self) -> list[str]:
        """Record keys in the order of the page."""
        return [row["key"] for row in json.loads(self.body)["rows"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server answers; `cut` closes the connection, after that many bytes if above 0.

    `takes` tells whether a key is taken; left out, a success takes the keys that it does not
    refuse. The answer comes after seconds of `silence`; `drips`: its head or body byte by byte.
    """

    status: int = 201
    body: bytes = b'{"message": "success"}'
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    chunked: bool = False
    takes: Callable[[str], bool] | None = None
    silence: float = 0.0
    drips: Literal["head", "body"] | None = None


OK = Answer()


def refusing(**reasons: str) -> Answer:
    """A success that names rows, by index (`_0="no"`), which were refused."""
    errors = {index.removeprefix("_"): reason for index, reason in reasons.items()}
    return Answer(body=json.dumps({"message": "success", "errors": errors}).encode())


@dataclass
class Destination:
    """The server: `behave` decides on each answer; what was taken is in `taken`, in its order."""

    behave: Callable[[Request], Answer] = lambda _: OK
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    taken: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def keys(self) -> list[str]:
        """Keys that were taken, in the order of their arrival."""
        return [key for _, key in self.taken]

    def receive(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Note a request, and take its rows when the answer says so."""
        with self.lock:
            request = Request(
                number=len(self.requests) + 1,
                method=method,
                path=path,
                headers={name.lower(): value for name, value in headers.items()},
                body=body,
            )
            self.requests.append(request)
        answer = self.behave(request)
        if answer.takes:
            with self.lock:
                self.taken += [(path, key) for key in request.keys if answer.takes(key)]
        elif answer.status // 100 == 2 and body:
            refused = json.loads(answer.body).get("errors", {}) if answer.body[:1] == b"{" else {}
            with self.lock:
                self.taken += [
                    (path, key)
                    for index, key in enumerate(request.keys)
                    if str(index) not in refused
                ]
        return answer


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the destination of its server."""

    protocol_version = "HTTP/1.1"
    # An answer leaves in two parts; without this the second would wait for a word on the first.
    disable_nagle_algorithm = True
    destination: Destination

    def setup(self) -> None:
        """Count a connection."""
        super().setup()
        with self.destination.lock:
            self.destination.connections += 1

    def do_POST(self) -> None:
        """Receive a request and answer it."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.destination.receive(self.command, self.path, dict(self.headers), body)
        try:
            self._answer(answer)
        except ConnectionError:
            self.close_connection = True

    do_GET = do_POST  # noqa: N815 - the names http.server asks for

    def _answer(self, answer: Answer) -> None:
        time.sleep(answer.silence)
        if answer.cut == 0:
            self.close_connection = True
            return
        if answer.drips:
            head = f"HTTP/1.1 {answer.status} Slow\r\nContent-Length: {len(answer.body)}\r\n\r\n"
            at_once = head.encode() if answer.drips == "body" else b""
            self.wfile.write(at_once)
            drip(self.connection, (head.encode() + answer.body).removeprefix(at_once), 0.02)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(answer.body), answer.body))
            return
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: answer.cut])
        self.close_connection = answer.cut is not None

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def serving(destination: Destination) -> Iterator[Destination]:
    """Serve on a free port of this machine."""
    handler = type("BoundHandler", (Handler,), {"destination": destination})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    destination.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield destination
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def connection_to(url: str, **options: Any) -> Connection:  # noqa: ANN401 - options are anything
    """A connection named `shop` with a planted secret."""
    return Connection(
        name="shop", platform="stub", url=url, secrets={"api_key": SECRET}, options=options
    )


def _fragment(row: Row) -> bytes | Rejection:
    payload = json.loads(row.payload)
    if payload.get("unfit"):
        return Rejection(code="unfit", reason="The value does not fit.")
    return json.dumps({"key": row.record_key, **payload}).encode()


def read(reply: Reply, _: Sequence[Row]) -> Verdict:
    """Read an answer of the server."""
    if reply.status in {400, 413}:
        return Split(rejection=Rejection(code=str(reply.status), reason=reply.body.decode()))
    try:
        answer = json.loads(reply.body)
    except ValueError:
        return Unbelievable(reason="it is no JSON")
    errors = answer.get("errors", {})
    return Settled(
        rejections={
            int(index): Rejection(code="refused", reason=reason) for index, reason in errors.items()
        }
    )


def _target(path: str) -> Target:
    return Target(path=path, opening=b'{"rows":[', closing=b"]}")


def service(
    *,
    repeatable: bool = True,
    max_rows: int = 10,
    max_bytes: int = 100_000,
    rate: RateLimit | None = None,
    paths: tuple[str, ...] = ("/track",),
    verdict: Reading = read,
) -> Service:
    """A service with these limits, and a way to read answers; deletes go to a path of their own."""
    limit = rate or RateLimit(requests=100_000, seconds=1.0, bucket="all")

    def endpoint(_: Activation, __: Connection, operation: Operation) -> Endpoint:
        return Endpoint(
            targets=tuple(map(_target, ("/delete",) if operation == "delete" else paths)),
            fragment=_fragment,
            verdict=verdict,
            max_rows=max_rows,
            max_bytes=max_bytes,
            rate=limit,
            permission="users.track",
        )

    return Service(
        name="users" if repeatable else "events",
        description="Rows.",
        kind="record" if repeatable else "event",
        sync_modes={"mirror": "", "upsert": ""} if repeatable else {"incremental": ""},
        identifiers={"external_id": "The key."},
        permissions=("users.track",),
        leavers="deleted",
        limits="none",
        repeatable=repeatable,
        endpoint=endpoint,
    )


def _explain(reply: Reply, connection: Connection) -> str | None:
    return None if reply.status // 100 == 2 else f"{connection.name} answers {reply.status}."


def platform(*services: Service) -> Platform:
    """The platform of the server; its probe asks for `/`."""
    return Platform(
        name="stub",
        title="Stub",
        secrets=("api_key",),
        options=(),
        headers=lambda connection: {
            "Authorization": f"Bearer {connection.secrets['api_key']}",
            "Content-Type": "application/json",
        },
        wait_after_429=BRAZE.wait_after_429,
        probe=lambda _: Probe(method="GET", path="/", body=b"", explain=_explain),
        services=services,
    )
