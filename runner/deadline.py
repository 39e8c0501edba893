"""HTTP connections that keep time: a deadline for a whole answer, and failed connects told apart.

The time limit of a socket begins anew with each part that comes or goes, so a destination that
drips could hold a request for ever.
"""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from importlib.util import find_spec
from socket import socket
from typing import Any
from urllib.parse import unquote

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

# Seconds in which a request's body must have left; between two of its parts the connect timeout
# holds.
SENDING = 60.0
PART = 64 * 1024


class NotConnectedError(urllib3.exceptions.HTTPError):
    """No connection came about, so nothing of the request was sent."""


class _Stopwatch(io.RawIOBase):
    """Reads from a socket, which gives for all reads together the time that it gives for one."""

    def __init__(self, raw: io.RawIOBase, sock: socket) -> None:
        self._raw = raw
        self._sock = sock
        self._seconds = sock.gettimeout() or 0.0
        self._ends = time.monotonic() + self._seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - as the base class has it
        left = self._ends - time.monotonic()
        try:
            if left > 0:
                self._sock.settimeout(left)
                return self._raw.readinto(buffer)
        except TimeoutError:
            pass
        raise TimeoutError(f"timed out, no whole answer came within {self._seconds:g} s")

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    """An answer that is whole, from status line to last byte, within the read timeout."""

    def __init__(self, sock: socket, *args: Any, **named: Any) -> None:  # noqa: ANN401 - as above
        super().__init__(sock, *args, **named)
        self.fp = io.BufferedReader(_Stopwatch(self.fp.detach(), sock))

    def begin(self) -> None:
        """Read up to the body of the final answer; what is said before it (1xx) settles nothing."""
        super().begin()
        while self.status < HTTPStatus.OK:
            self.headers = None  # type: ignore[assignment]  # there are none yet
            super().begin()


class _Plain(HTTPConnection):
    response_class = _Answer
    _kept: list[bytes] | None = None

    def connect(self) -> None:
        """Connect, through the proxy and with TLS where they are asked for."""
        try:
            super().connect()
        except (OSError, HTTPException, urllib3.exceptions.HTTPError, ValueError) as error:
            raise NotConnectedError(str(error)) from error

    def request(self, *args: Any, **named: Any) -> None:  # noqa: ANN401 - as above
        """Send a request in one piece: a head that leaves alone costs as much as a body."""
        kept: list[bytes] = []
        self._kept = kept
        try:
            super().request(*args, **named)
        finally:
            self._kept = None
        self.send(b"".join(kept))

    def send(self, data: Any) -> None:  # noqa: ANN401 - as above
        """Send in bounded time, however slowly the other side reads."""
        if self._kept is not None:
            self._kept.append(data)
            return
        ends = time.monotonic() + SENDING
        for start in range(0, len(data), PART):
            if time.monotonic() > ends:
                raise TimeoutError(f"timed out, the request was not taken within {SENDING:g} s")
            super().send(data[start : start + PART])


class _Secure(_Plain, HTTPSConnection):
    pass


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


def timely_pools(proxy: str | None, **named: Any) -> urllib3.PoolManager:  # noqa: ANN401 - as above
    """Pools of these connections, direct or by a proxy; SOCKS has connections of its own."""
    if proxy is None:
        manager = urllib3.PoolManager(**named)
    elif proxy.lower().startswith("socks"):
        if find_spec("socks") is None:
            raise urllib3.exceptions.ProxySchemeUnknown("socks, without PySocks")
        from urllib3.contrib.socks import SOCKSProxyManager

        return SOCKSProxyManager(proxy, **named)
    else:
        manager = urllib3.ProxyManager(proxy, proxy_headers=_login(proxy), **named)
    manager.pool_classes_by_scheme = _POOLS
    return manager


def _login(proxy: str) -> Mapping[str, str] | None:
    """The user and password in the address of a proxy, as its header."""
    login = urllib3.util.parse_url(proxy).auth
    return urllib3.make_headers(proxy_basic_auth=unquote(login)) if login else None
