"""The replies that faults make: cut, slow, odd, misleading or refusing."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from runner.sandbox.faults import Fault
from runner.sandbox.journal import Call
from runner.sandbox.limits import refused_headers
from runner.sandbox.sandbox import Answer, Sandbox

TRANSPORT = "tailrace.transport"
DEFAULT_SECONDS = 60.0
CLOSING = 5.0
_JSON = "application/json"
_HTML = b"<!doctype html><title>Bad gateway</title><h1>We'll be back soon</h1>"


class Cut(Response):
    """Closes the socket: after `wait` seconds of silence, or half way through a reply's body."""

    def __init__(self, body: bytes = b"", status: int = 200, *, wait: float = 0.0) -> None:
        super().__init__(body, status)
        self.wait = wait

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reply as far as that goes."""
        if self.wait:
            await _gone(receive, self.wait)
        if self.body:
            length = str(2 * len(self.body)).encode()
            headers = [(b"content-type", _JSON.encode()), (b"content-length", length)]
            start = {"type": "http.response.start", "status": self.status_code, "headers": headers}
            await send(start)
            await send({"type": "http.response.body", "body": bytes(self.body), "more_body": True})
            scope[TRANSPORT].close()
        else:
            scope[TRANSPORT].abort()
        await _gone(receive, CLOSING)


class _Drip(Response):
    """Sends a reply byte by byte, its head or its body for so many seconds, then closes."""

    def __init__(self, answer: Answer, *, head: float = 0.0, body: float = 0.0) -> None:
        super().__init__(answer.body, answer.status)
        lines = [f"HTTP/1.1 {answer.status} Slow", f"content-type: {_JSON}", "connection: close"]
        lines += [f"content-length: {len(answer.body)}", "", ""]
        self.parts = [("\r\n".join(lines).encode(), head), (answer.body, body)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reply until the client hangs up; past `send`, which knows no half a head."""
        del send
        transport = scope[TRANSPORT]
        for part, seconds in self.parts:
            step = 1 if seconds else len(part)
            for at in range(0, len(part), step):
                if transport.is_closing():
                    return
                transport.write(part[at : at + step])
                await asyncio.sleep(seconds / len(part))
        transport.close()
        await _gone(receive, CLOSING)


def as_it_is(answer: Answer) -> Response:
    """The reply without a fault."""
    return _json(answer.status, answer.body, answer.headers)


def mishap(  # noqa: PLR0911 - one return a kind of fault
    sandbox: Sandbox, call: Call, fault: Fault, answer: Answer | None
) -> Response:
    """What the fault makes of the answer; without one the request took no effect."""
    seconds = DEFAULT_SECONDS if fault.seconds is None else fault.seconds
    match fault.kind:
        case "latency" | "drop" if answer:
            return as_it_is(answer)
        case "cut_during" if answer:
            return Cut(answer.body[: len(answer.body) // 2], answer.status)
        case "silence":
            return Cut(wait=seconds)
        case "drip_headers" if answer:
            return _Drip(answer, head=seconds)
        case "drip_body" if answer:
            return _Drip(answer, body=seconds)
        case "unknown_rows" | "fewer_counts":
            return as_it_is(sandbox.misled(answer or sandbox.handle(call, store=False), fault))
        case _:
            return _refusal(sandbox, fault)


def _refusal(sandbox: Sandbox, fault: Fault) -> Response:  # noqa: PLR0911 - one return a kind
    match fault.kind:
        case "rate_limited":
            return as_it_is(sandbox.refusal(429, "Rate limited", _wait(sandbox, fault)))
        case "unauthorized":
            return as_it_is(sandbox.refusal(401, "Invalid API Key"))
        case "forbidden":
            return as_it_is(sandbox.refusal(403, "Invalid API Key"))
        case "server_error":
            return Response(b"upstream trouble", fault.status, media_type="text/plain")
        case "redirect":
            return Response(status_code=307, headers={"location": "/redirected"})
        case "html":
            return Response(_HTML, 200, media_type="text/html")
        case "invalid_json":
            return _json(201, b'{"message": "succ')
        case _:
            return Cut()


def _wait(sandbox: Sandbox, fault: Fault) -> Mapping[str, str]:
    if fault.seconds is None:
        return {}
    now, dialect = sandbox.clock(), fault.dialect or sandbox.dialect
    return refused_headers(dialect, limit=3000, wait=math.ceil(fault.seconds), now=now)


def _json(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status, dict(headers or {}), _JSON)


async def _gone(receive: Receive, seconds: float) -> None:
    """Return when the client has hung up, or the time is over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
