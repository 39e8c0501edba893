"""One HTTP call to a destination: TLS, time limits, a bounded answer, and what a failure means."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3

from runner import __version__
from runner.deadline import NotConnectedError, timely_pools
from runner.destinations.service import Connection, Platform, Reply
from runner.errors import ConfigurationError, TailraceError, UnavailableError
from runner.masking import masked, register
from runner.options import Options, options_of
from runner.tokens import Token

MAX_ANSWER = 10 * 1024 * 1024
PART = 64 * 1024
# Connecting fails like this where certificates or protocols do not fit: a repeat cannot help.
MISFIT_REASONS = ("VERSION", "HANDSHAKE", "CERTIFICATE", "PROTOCOL", "CIPHER", "ALERT")

# Raised before a connection is asked for: the address, or that of a proxy, cannot be one.
UNUSABLE = (
    urllib3.exceptions.LocationValueError,
    urllib3.exceptions.ProxySchemeUnknown,
)


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
            "Accept-Encoding": "identity",
            **platform.headers(connection),
        }
        self._max_answer = max_answer
        proxy = _proxy(connection.url)
        register(*connection.secrets.values())
        if proxy:
            register(unquote(urlsplit(proxy).password or ""))
        self._proxy = proxy
        self._certificates = _certificates(connection.url)
        self._pool: urllib3.HTTPConnectionPool | None = None
        self._root = urlsplit(connection.url).path
        self._lock = threading.Lock()
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
        options = self.options
        with self._explained():
            response = self._opened().urlopen(
                method,
                f"/{(self._root + path).removeprefix('/')}",
                body=body or None,
                headers={**self.headers, **headers},
                timeout=urllib3.Timeout(connect=options.connect_timeout, read=options.read_timeout),
                redirect=False,
                retries=False,
                preload_content=False,
            )
            try:
                answer = self._read(response)
            except BaseException:
                response.close()
                raise
            response.release_conn()
        named = {name.lower(): value for name, value in response.headers.items()}
        return Reply(status=response.status, headers=named, body=answer)

    def close(self) -> None:
        """Close every socket."""
        with self._lock:
            if self._pool:
                self._pool.close()
            self._pool = None

    def _opened(self) -> urllib3.HTTPConnectionPool:
        with self._lock:
            if self._pool is None:
                # A thread more asks before the run.
                sockets = self.options.concurrency + 1
                pools = timely_pools(
                    self._proxy, maxsize=sockets, cert_reqs="CERT_REQUIRED", **self._certificates
                )
                # Once: to find the pool by its address takes a sixth of a request.
                self._pool = pools.connection_from_url(self.connection.url)
            return self._pool

    def _read(self, raw: urllib3.BaseHTTPResponse) -> bytes:
        parts: list[bytes] = []
        size = 0
        while part := raw.read1(PART, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > self._max_answer:
                too_long = f"its answer is over {self._max_answer} bytes"
                raise UnknownOutcomeError(self._sentence(too_long))
        return b"".join(parts)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._named(list(_causes(error))) from None

    def _named(self, causes: list[BaseException]) -> UnavailableError:
        words = self._last_words(causes)
        if any(isinstance(cause, UNUSABLE) for cause in causes):
            return UnavailableError(
                self._sentence(f"it cannot be called ({words})"), cause="unreachable"
            )
        # Only where connecting failed is it certain that nothing was sent.
        if not any(isinstance(cause, NotConnectedError) for cause in causes):
            return UnknownOutcomeError(self._sentence(f"no usable answer came ({words})"))
        if any(_is_misfit(cause) for cause in causes):
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

    def _last_words(self, causes: list[BaseException]) -> str:
        text = str(causes[-1]) or type(causes[-1]).__name__
        return masked(text).rstrip(".")[:300]


def _bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk from the outermost error to the first cause, and not to one of ours that is told now."""
    inner: BaseException | None = error
    while inner is not None and not isinstance(inner, TailraceError):
        yield inner
        inner = inner.__cause__ or inner.__context__


def _is_misfit(cause: BaseException) -> bool:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return True
    reason = cause.reason if isinstance(cause, ssl.SSLError) else None
    return isinstance(reason, str) and any(word in reason for word in MISFIT_REASONS)


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


def _certificates(url: str) -> Mapping[str, str]:
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if bundle := os.environ.get(variable):
            if url.startswith("https") and not Path(bundle).exists():
                raise ConfigurationError(f"{variable} names {bundle}, which does not exist.")
            return {"ca_cert_dir" if Path(bundle).is_dir() else "ca_certs": bundle}
    return {"ca_certs": certifi.where()}


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
