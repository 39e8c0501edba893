"""The ASGI application: a platform's endpoints with their faults, and the sandbox's own pages."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from runner.sandbox.admin import guarded, home, own_routes
from runner.sandbox.journal import Call
from runner.sandbox.mishaps import Cut, as_it_is, mishap
from runner.sandbox.sandbox import Sandbox

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def make_app(sandbox: Sandbox) -> Starlette:
    """The application that serves one sandbox."""

    async def endpoint(request: Request) -> Response:
        try:
            call = await _call(request, sandbox.max_bytes)
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
        path=request.scope["raw_path"].decode("ascii"),
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
    if fault is None:
        answer = sandbox.handle(call)
        response = as_it_is(answer)
    else:
        if fault.processes or fault.kind == "drop":
            answer = sandbox.handle(call, store=fault.processes)
        response = mishap(sandbox, call, fault, answer)
    unanswered = isinstance(response, Cut) and not response.body
    with sandbox.lock:
        sandbox.journal.write(
            call,
            sandbox.place(call.path),
            status=None if unanswered else response.status_code,
            fault=fault.kind if fault else None,
            answer=answer.status if answer else None,
        )
    return response
