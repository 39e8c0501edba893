"""One HTTP call to a destination: TLS, time limits, a bounded answer, and what a failure means."""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import requests
import urllib3

from runner import __version__
from runner.destinations.service import Connection, Platform, Reply
from runner.errors import ConfigurationError, UnavailableError
from runner.masking import masker
from runner.options import Options, options_of

MAX_ANSWER = 10 * 1024 * 1024
PART = 64 * 1024
# A handshake can fail like this; once it is done, a TLS error means a cut connection.
HANDSHAKE_REASONS = ("VERSION", "HANDSHAKE", "CERTIFICATE", "PROTOCOL", "CIPHER", "ALERT")

NOT_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProxyError,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
)


class NotSentError(UnavailableError):
    """No connection came about, so the destination took nothing of the request."""


class UnknownOutcomeError(UnavailableError):
    """The request was sent, and it cannot be known whether the destination took it."""


class Transport:
    """Calls one connection; each thread has its own HTTP session. `close` after the last call."""

    def __init__(self, connection: Connection, platform: Platform) -> None:
        _refuse_clear_text(connection)
        self.connection = connection
        self.options: Options = options_of(connection)
        self.headers = {
            "User-Agent": f"tailrace/{__version__}",
            "Accept-Encoding": "identity",
            **platform.headers(connection),
        }
        self._proxies = _proxies(connection.url)
        passwords = (urlsplit(proxy).password for proxy in self._proxies.values())
        hidden = [form for word in passwords if word for form in (word, unquote(word))]
        self.masked = masker([*connection.secrets.values(), *hidden])
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()

    def call(self, method: str, path: str, body: bytes) -> Reply:
        """Send one request and read its answer, whatever its status.

        Raises NotSentError, UnknownOutcomeError or, where a repeat cannot help, UnavailableError.
        """
        options = self.options
        with self._explained():
            response = self._session().request(
                method,
                self.connection.url + path,
                data=body or None,
                headers=self.headers,
                timeout=(options.connect_timeout, options.read_timeout),
                allow_redirects=False,
                stream=True,
            )
            try:
                answer = self._read(response.raw)
            finally:
                response.close()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(status=response.status_code, headers=headers, body=answer)

    def close(self) -> None:
        """Close the sessions of all threads."""
        with self._lock:
            for session in self._sessions:
                session.close()
            self._sessions.clear()

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            # Proxies and certificates of the environment hold, a .netrc login does not.
            session.trust_env = False
            session.proxies = dict(self._proxies)
            session.verify = _certificates()
            self._local.session = session
            with self._lock:
                self._sessions.append(session)
        return session

    def _read(self, raw: urllib3.BaseHTTPResponse) -> bytes:
        parts: list[bytes] = []
        size = 0
        deadline = time.monotonic() + self.options.read_timeout
        while part := raw.read1(PART, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER:
                raise UnknownOutcomeError(self._sentence(f"its answer is over {MAX_ANSWER} bytes"))
            if time.monotonic() > deadline:
                raise UnknownOutcomeError(self._sentence("its answer came too slowly"))
        return b"".join(parts)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._named(list(_causes(error))) from None

    def _named(self, causes: list[BaseException]) -> UnavailableError:
        words = self._last_words(causes)
        if any(_is_handshake(cause) for cause in causes):
            return UnavailableError(
                self._sentence(
                    f"TLS failed ({words}), so nothing was sent; check the URL, or name the "
                    "certificates of your own authority in REQUESTS_CA_BUNDLE"
                )
            )
        if any(isinstance(cause, NOT_SENT) for cause in causes):
            return NotSentError(self._sentence(f"it cannot be reached ({words})"))
        return UnknownOutcomeError(self._sentence(f"no usable answer came ({words})"))

    def _sentence(self, cause: str) -> str:
        return f"{self.connection.name}: {self.connection.url} failed, {cause}."

    def _last_words(self, causes: list[BaseException]) -> str:
        text = str(causes[-1]) or type(causes[-1]).__name__
        return self.masked(text).rstrip(".")[:300]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk from the outermost error to the first cause."""
    inner: BaseException | None = error
    while inner is not None:
        yield inner
        inner = inner.__cause__ or inner.__context__


def _is_handshake(cause: BaseException) -> bool:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return True
    reason = cause.reason if isinstance(cause, ssl.SSLError) else None
    return isinstance(reason, str) and any(word in reason for word in HANDSHAKE_REASONS)


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_clear_text(connection: Connection) -> None:
    scheme = urlsplit(connection.url).scheme
    if scheme != "https" and not (scheme == "http" and is_loopback(connection.url)):
        raise ConfigurationError(
            f"Connection '{connection.name}': {connection.url} would carry secrets in clear text; "
            "use https:// (http:// is for this machine only)."
        )


def _proxies(url: str) -> dict[str, str]:
    # A proxy would carry clear text to this machine out of it.
    return {} if is_loopback(url) else dict(requests.utils.get_environ_proxies(url))


def _certificates() -> str | bool:
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True


def call(connection: Connection, platform: Platform, method: str, path: str, body: bytes) -> Reply:
    """One plain call in a session of its own, as `runner check` makes it."""
    transport = Transport(connection, platform)
    try:
        return transport.call(method, path, body)
    finally:
        transport.close()
