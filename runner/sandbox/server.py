"""Serving the stand-in: in a thread for tests and demos, or as the program's only task."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Thread
from typing import Generic, TypeVar, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from runner.errors import ConfigurationError
from runner.sandbox.admin import is_loopback
from runner.sandbox.app import make_app
from runner.sandbox.mishaps import TRANSPORT
from runner.sandbox.sandbox import Sandbox

Kind = TypeVar("Kind", bound=Sandbox)


class _CuttableProtocol(HttpToolsProtocol):
    """Hands the application its socket, so that a fault can close it without a reply."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast("dict[str, object]", self.scope)[TRANSPORT] = self.transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Server(Generic[Kind]):
    """A running stand-in: the address to push to, the key to push with, and what it holds."""

    url: str
    sandbox: Kind

    @property
    def api_key(self) -> str:
        """A key with the permissions that the settings give it (by default all)."""
        return self.sandbox.api_key


@contextmanager
def serve_in_thread(sandbox: Kind, *, port: int = 0) -> Iterator[Server[Kind]]:
    """Serve on 127.0.0.1 until the block ends; port 0 takes a free one."""
    listener = _listen("127.0.0.1", port)
    server = uvicorn.Server(_config(sandbox))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield Server(url=_url(listener), sandbox=sandbox)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


def run(
    sandbox: Sandbox,
    host: str = "127.0.0.1",
    port: int = 8750,
    *,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve until interrupted; `announce` is told the URL and the key once it listens.

    Raises ConfigurationError for an address that others can reach, or a port that is taken.
    """
    listener = _listen(host, port)
    announce(
        f"sandbox of {sandbox.title}: {_url(listener)} (key: {sandbox.api_key}); "
        "press Ctrl-C to stop"
    )
    with suppress(KeyboardInterrupt), listener:
        asyncio.run(uvicorn.Server(_config(sandbox)).serve(sockets=[listener]))


def _listen(host: str, port: int) -> socket.socket:
    if not is_loopback(host):
        raise ConfigurationError(
            f"The sandbox keeps people's data without a lock and cannot listen on {host}: "
            "give it a loopback address such as 127.0.0.1."
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's delay off only where it reads TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Listening from here on, so a client that comes before the loop runs only waits.
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"The sandbox cannot listen on {host}:{port} ({error.strerror}): choose another port."
        ) from error
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _config(sandbox: Sandbox) -> uvicorn.Config:
    return uvicorn.Config(
        make_app(sandbox),
        http=_CuttableProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="critical",
        server_header=False,
        timeout_graceful_shutdown=1,
    )
