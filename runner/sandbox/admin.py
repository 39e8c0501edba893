"""The stand-in's own pages under /_sandbox, without a key: for this machine only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from runner.sandbox.faults import FaultError
from runner.sandbox.jsontext import dumps, loads
from runner.sandbox.sandbox import Sandbox

Page = Callable[[Sandbox, Request], Awaitable[Response]]

_HOME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tailrace sandbox</title>
<style>body{{font:1rem/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}}
table{{border-collapse:collapse}}th,td{{border:1px solid #ccc;padding:.2rem .6rem;text-align:left}}
</style></head><body><h1>Tailrace sandbox</h1>
<p>A stand-in for {title} that keeps everything in memory and forgets it when it stops.
Nothing sent here leaves this machine. Point a connection's <code>url</code> at this address.</p>
<table>{rows}</table>
<p>As JSON: <a href="/_sandbox/counts">counts</a>, <a href="/_sandbox/profiles">profiles</a>,
<a href="/_sandbox/requests">the last requests</a>.</p></body></html>
"""


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def guarded(page: Page, sandbox: Sandbox) -> Callable[[Request], Awaitable[Response]]:
    """Serve a page to this machine only: its address and the name it calls us by are loopback.

    The name matters because a web site can point its own at 127.0.0.1.
    """

    async def serve(request: Request) -> Response:
        client = request.client.host if request.client else ""
        if not is_loopback(client) or not is_loopback(request.url.hostname or ""):
            return _json({"message": "only for this machine"}, 403)
        return await page(sandbox, request)

    return serve


def own_routes(sandbox: Sandbox) -> list[Route]:
    """Everything below /_sandbox."""
    reads: dict[str, Page] = {
        "/counts": _counts,
        "/requests": _requests,
        "/profiles": _profiles,
        "/profiles/{kind}/{id:path}": _profile,
    }
    writes: dict[str, Page] = {"/faults": _faults, "/refuse": _refuse, "/reset": _reset}
    return [
        *(Route(path, guarded(page, sandbox), methods=["GET"]) for path, page in reads.items()),
        *(Route(path, guarded(page, sandbox), methods=["POST"]) for path, page in writes.items()),
    ]


async def home(sandbox: Sandbox, request: Request) -> Response:
    """The counts as a small HTML page."""
    del request
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(dumps(value))}</td></tr>"
        for name, value in sandbox.counts().items()
    )
    return HTMLResponse(_HOME.format(rows=rows, title=sandbox.title))


async def _counts(sandbox: Sandbox, request: Request) -> Response:
    del request
    return _json(sandbox.counts())


async def _requests(sandbox: Sandbox, request: Request) -> Response:
    del request
    with sandbox.lock:
        return _json({"requests": [entry.view() for entry in sandbox.journal.entries]})


async def _profiles(sandbox: Sandbox, request: Request) -> Response:
    del request
    with sandbox.lock:
        lines = [f"{dumps(person)}\n" for person in sandbox.people()]
    return Response("".join(lines), media_type="application/x-ndjson")


async def _profile(sandbox: Sandbox, request: Request) -> Response:
    kind, value = request.path_params["kind"], request.path_params["id"]
    label = request.query_params.get("label", "")
    with sandbox.lock:
        found = sandbox.named(kind, value, label)
        if not found:
            return _json({"message": "no such profile"}, 404)
        return _json({"profiles": found})


async def _faults(sandbox: Sandbox, request: Request) -> Response:
    try:
        wanted = loads(await request.body())
        with sandbox.lock:
            sandbox.faults.configure(wanted)
    except FaultError as error:
        return _json({"message": str(error)}, 400)
    except ValueError:
        return _json({"message": "the body must be JSON"}, 400)
    return _json({"script": len(sandbox.faults.script), "chances": len(sandbox.faults.chances)})


async def _refuse(sandbox: Sandbox, request: Request) -> Response:
    try:
        wanted = loads(await request.body())
    except ValueError:
        wanted = None
    if isinstance(wanted, dict) and not set(wanted) - {"ids", "drop"}:
        codes, drop = wanted.get("ids", {}), wanted.get("drop", [])
        if _is_codes(codes) and isinstance(drop, list) and all(map(_is_text, drop)):
            sandbox.refuse(codes, dropped=frozenset(drop))
            return _json({"ids": len(codes), "drop": len(drop)})
    sentence = "ids must map ids to codes, and drop be an array of ids"
    return _json({"message": sentence}, 400)


def _is_codes(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


async def _reset(sandbox: Sandbox, request: Request) -> Response:
    del request
    sandbox.reset()
    return _json({"message": "success"})


def _json(value: object, status: int = 200) -> Response:
    return Response(dumps(value), status, media_type="application/json")
