"""One HTTP call to a destination: TLS, time limits, a bounded answer, and what a failure means."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import pycurl

from runner import __version__
from runner.destinations.service import Connection, Platform, Reply
from runner.errors import ConfigurationError, UnavailableError
from runner.exchange import Exchange, ExchangeError
from runner.masking import masked, register
from runner.options import Options, options_of
from runner.tokens import Token

MAX_ANSWER = 10 * 1024 * 1024
# Connecting fails like this where certificates or protocols do not fit: a repeat cannot help.
UNTRUSTED = (pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CACERT_BADFILE)
MISFIT_REASONS = ("VERSION", "HANDSHAKE", "CERTIFICATE", "PROTOCOL", "CIPHER", "ALERT")
# The address, or that of a proxy, cannot be one.
UNUSABLE = (pycurl.E_URL_MALFORMAT, pycurl.E_UNSUPPORTED_PROTOCOL)


class NotSentError(UnavailableError):
    """No connection came about, so the destination took nothing of the request."""

    cause = "unreachable"


class UnknownOutcomeError(UnavailableError):
    """The request was sent, and it cannot be known whether the destination took it."""

    cause = "no_answer"


class Transport(Protocol):
    """What carries requests of one connection, from many threads."""

    connection: Connection
    options: Options
    headers: Mapping[str, str]

    def call(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send one request and read its answer, whatever its status.

        Raises NotSentError, UnknownOutcomeError or, where a repeat cannot help, UnavailableError.
        """

    def close(self) -> None:
        """Give up what is open."""


def open_transport(connection: Connection, platform: Platform) -> Transport:
    """The platform's own, else HTTP; `close` after the last call."""
    return (
        platform.opened(connection, platform)
        if platform.opened
        else HttpTransport(connection, platform)
    )


class HttpTransport:
    """Calls one connection, by as many sockets as threads call. `close` after the last call."""

    def __init__(
        self, connection: Connection, platform: Platform, *, max_answer: int = MAX_ANSWER
    ) -> None:
        _refuse_clear_text(connection)
        self.connection = connection
        self.options: Options = options_of(connection)
        self.headers: Mapping[str, str] = {
            "User-Agent": f"tailrace/{__version__}",
            **platform.headers(connection),
        }
        self._max_answer = max_answer
        proxy = _proxy(connection.url)
        register(*connection.secrets.values())
        if proxy:
            register(unquote(urlsplit(proxy).password or ""))
        self._proxy = proxy
        self._certificates = _certificates(connection.url)
        self._idle: deque[Exchange] = deque()
        self._token = Token(platform.login, connection, self._log_in) if platform.login else None

    def call(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send one request and read its answer, whatever its status.

        Raises NotSentError, UnknownOutcomeError or, where a repeat cannot help, UnavailableError.
        """
        if self._token is None:
            return self._call(method, path, body, headers or {})
        value = self._token.value()
        reply = self._call(method, path, body, {**(headers or {}), **_bearer(value)})
        if reply.status == HTTPStatus.UNAUTHORIZED:
            # It may have ended early; by a 401 nothing was taken.
            value = self._token.value(refused=value)
            reply = self._call(method, path, body, {**(headers or {}), **_bearer(value)})
        return reply

    def _log_in(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Ask for a token; whatever fails, the request that it is for was not sent."""
        try:
            reply = self._call("POST", path, body, headers)
        except UnknownOutcomeError as error:
            raise NotSentError(str(error)) from None
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS or reply.status // 100 == 5:  # noqa: PLR2004
            raise NotSentError(self._sentence(f"it gives no token now ({reply.status})"))
        return reply

    def _call(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        exchange = self._open()
        try:
            return exchange.ask(
                method, f"{self.connection.url}{path}", body, {**self.headers, **headers}
            )
        except ExchangeError as error:
            raise self._named(error) from None
        finally:
            self._idle.append(exchange)

    def close(self) -> None:
        """Close every socket."""
        while self._idle:
            self._idle.pop().close()

    def _open(self) -> Exchange:
        with suppress(IndexError):
            return self._idle.pop()
        return Exchange(
            proxy=self._proxy,
            certificates=self._certificates,
            connect_seconds=self.options.connect_timeout,
            seconds=self.options.read_timeout,
            max_answer=self._max_answer,
        )

    def _named(self, error: ExchangeError) -> UnavailableError:
        words = masked(str(error)).rstrip(".")[:300]
        if error.code in UNUSABLE:
            return UnavailableError(
                self._sentence(f"it cannot be called ({words})"), cause="unreachable"
            )
        # Only where connecting failed is it certain that nothing was sent.
        if error.sent:
            return UnknownOutcomeError(self._sentence(f"no usable answer came ({words})"))
        if _is_misfit(error):
            return UnavailableError(
                self._sentence(
                    f"TLS failed ({words}), so nothing was sent; check the URL, or name the "
                    "certificates of your own authority in REQUESTS_CA_BUNDLE"
                ),
                cause="tls",
            )
        return NotSentError(self._sentence(f"it cannot be reached ({words})"))

    def _sentence(self, cause: str) -> str:
        return f"{self.connection.name}: {self.connection.url} failed, {cause}."


def _bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _is_misfit(error: ExchangeError) -> bool:
    if error.code in UNTRUSTED:
        return True
    _, _, reason = str(error).partition("error:")
    return error.code == pycurl.E_SSL_CONNECT_ERROR and any(
        word in reason.upper() for word in MISFIT_REASONS
    )


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_clear_text(connection: Connection) -> None:
    scheme = urlsplit(connection.url).scheme
    if scheme == "http" and not is_loopback(connection.url):
        raise ConfigurationError(
            f"Connection '{connection.name}': {connection.url} would carry secrets in clear text; "
            "use https:// (http:// is for this machine only)."
        )


def _proxy(url: str) -> str | None:
    """The proxy that the environment names, unless it excepts the host."""
    parts = urlsplit(url)
    # A proxy would carry clear text to this machine out of it.
    if is_loopback(url) or proxy_bypass(parts.hostname or ""):
        return None
    named = getproxies()
    found = named.get(parts.scheme) or named.get("all")
    return found if found is None or "://" in found else f"http://{found}"


def _certificates(url: str) -> str:
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if bundle := os.environ.get(variable):
            if url.startswith("https") and not Path(bundle).exists():
                raise ConfigurationError(f"{variable} names {bundle}, which does not exist.")
            return bundle
    return certifi.where()


def call(
    connection: Connection,
    platform: Platform,
    method: str,
    path: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    max_answer: int = MAX_ANSWER,
) -> Reply:
    """One plain call in a session of its own, as `runner check` makes it."""
    transport: Transport = (
        platform.opened(connection, platform)
        if platform.opened
        else HttpTransport(connection, platform, max_answer=max_answer)
    )
    try:
        return transport.call(method, path, body, headers)
    finally:
        transport.close()
