"""The ASGI application: Braze's endpoints with their faults, and the stand-in's own pages."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from contextlib import suppress

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from runner.sandbox.admin import guarded, home, own_routes
from runner.sandbox.faults import Fault
from runner.sandbox.journal import Call
from runner.sandbox.jsontext import dumps
from runner.sandbox.limits import refused_headers
from runner.sandbox.sandbox import Answer, Sandbox

TRANSPORT = "tailrace.transport"
DEFAULT_SILENCE = 60.0
CLOSING = 5.0
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
_JSON = "application/json"
_HTML = b"<!doctype html><title>Bad gateway</title><h1>We'll be back soon</h1>"


class _Cut(Response):
    """Closes the socket: after `wait` seconds of silence, or half way through a reply's body."""

    def __init__(self, body: bytes = b"", status: int = 200, *, wait: float = 0.0) -> None:
        super().__init__(body, status)
        self.wait = wait

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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


def make_app(sandbox: Sandbox) -> Starlette:
    """The application that serves one sandbox."""

    async def endpoint(request: Request) -> Response:
        try:
            call = await _call(request, sandbox.settings.max_bytes)
        except ClientDisconnect:
            return Response()
        return await _reply(sandbox, call)

    routes = [
        Route("/", guarded(home, sandbox), methods=["GET"]),
        Mount("/_sandbox", routes=own_routes(sandbox)),
        Route("/{path:path}", endpoint, methods=_METHODS),
    ]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return app


async def _call(request: Request, max_bytes: int) -> Call:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= max_bytes:
            chunks.append(chunk)
    return Call(
        method=request.method,
        path=request.url.path,
        headers=dict(request.headers),
        query=tuple(request.query_params.multi_items()),
        body=b"" if size > max_bytes else b"".join(chunks),
        too_large=size > max_bytes,
    )


async def _reply(sandbox: Sandbox, call: Call) -> Response:
    fault = sandbox.draw(call.path)
    if fault and fault.kind == "latency":
        await asyncio.sleep(fault.seconds or 0)
    answer = None
    if fault is None or fault.processes or fault.kind == "drop":
        answer = sandbox.handle(call, store=fault is None or fault.kind != "drop")
    if answer and (fault is None or fault.kind in {"latency", "drop"}):
        response = _response(answer.status, answer.body, answer.headers)
    else:
        response = _faulty(sandbox, fault, answer)
    unanswered = isinstance(response, _Cut) and not response.body
    with sandbox.lock:
        sandbox.journal.write(
            call,
            status=None if unanswered else response.status_code,
            fault=fault.kind if fault else None,
            answer=answer.status if answer else None,
        )
    return response


def _faulty(  # noqa: PLR0911 - one return a kind of fault
    sandbox: Sandbox, fault: Fault | None, answer: Answer | None
) -> Response:
    match fault:
        case Fault(kind="rate_limited"):
            body = dumps({"message": "Rate limited"}).encode()
            return _response(429, body, _wait(sandbox, fault))
        case Fault(kind="server_error"):
            return Response(b"upstream trouble", fault.status, media_type="text/plain")
        case Fault(kind="html"):
            return Response(_HTML, 200, media_type="text/html")
        case Fault(kind="invalid_json"):
            return _response(201, b'{"message": "succ', {})
        case Fault(kind="cut_during") if answer:
            return _Cut(answer.body[: len(answer.body) // 2], answer.status)
        case Fault(kind="silence"):
            return _Cut(wait=DEFAULT_SILENCE if fault.seconds is None else fault.seconds)
        case _:
            return _Cut()


def _wait(sandbox: Sandbox, fault: Fault) -> Mapping[str, str]:
    if fault.seconds is None:
        return {}
    now = sandbox.settings.clock()
    return refused_headers(fault.dialect, limit=3000, wait=math.ceil(fault.seconds), now=now)


def _response(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    return Response(body, status, dict(headers), _JSON)


async def _gone(receive: Receive, seconds: float) -> None:
    """Return when the client has hung up, or the time is over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
