"""Promises of the connections below a call: bounded time, and what is certain when they fail."""

from __future__ import annotations

import gzip
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.destinations.service import Reply
from runner.errors import ConfigurationError, UnavailableError
from runner.exchange import Exchange, ExchangeError
from runner.transport import MAX_ANSWER, HttpTransport, NotSentError, UnknownOutcomeError
from tests.support.destination import connection_to, platform
from tests.support.sockets import (
    Serve,
    as_proxy,
    certificate,
    drip,
    listening,
    request_on,
    reset,
    with_tls,
)

BODY = b'{"rows":[]}'
HEAD = b"HTTP/1.1 201 Created\r\nContent-Length: 30\r\n\r\n"
ANSWER = HEAD + b'{"message": "success", "a": 1}'
CHUNKED = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\n" + ANSWER[-30:]
CHUNKED += b"\r\n0\r\n\r\n"


@pytest.fixture(params=["http", "https", "proxy"])
def way(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Way:
    """Clear text, TLS, and TLS through a proxy's tunnel."""
    return _way(request.param, tmp_path, monkeypatch)


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Way:
    """TLS."""
    return _way("https", tmp_path, monkeypatch)


Way = Callable[..., Reply]


def _way(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Way:
    """A call to a server that behaves like this, on that way."""
    trusted = None if kind == "http" else certificate(tmp_path)
    if trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))

    def call(serve: Serve, *, body: bytes = BODY, **options: object) -> Reply:
        if trusted:
            serve = with_tls(trusted, serve)
        if kind == "proxy":
            serve = as_proxy(serve)
        with listening(serve) as place:
            scheme = "http" if kind == "http" else "https"
            return _call(f"{scheme}://{place}", body, proxied=kind == "proxy", **options)

    return call


def _call(url: str, body: bytes = BODY, *, proxied: bool = False, **options: object) -> Reply:
    transport = HttpTransport(connection_to(url, **options), platform())
    if proxied:
        # The environment's proxies are not for this machine, where the test's one is.
        transport._proxy = url.replace("https", "http")
    try:
        return transport.call("POST", "/track", body)
    finally:
        transport.close()


def answering(*parts: bytes, pause: float = 0.0) -> Serve:
    """Read a request, then answer in parts."""

    def serve(connection: socket.socket) -> None:
        request_on(connection)
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)

    return serve


@pytest.mark.parametrize(
    ("answer", "begin"),
    [(ANSWER, 0), (ANSWER, 16), (ANSWER, 24), (ANSWER, len(HEAD)), (CHUNKED, len(CHUNKED) - 30)],
    ids=["status line", "reason", "headers", "body", "chunks"],
)
def test_an_answer_that_drips_is_given_up(way: Way, answer: bytes, begin: int) -> None:
    """Bytes that each come in time do not keep a call alive: the whole answer has one limit."""

    def serve(connection: socket.socket) -> None:
        request_on(connection)
        connection.sendall(answer[:begin])
        drip(connection, answer[begin:], 0.05)

    with pytest.raises(UnknownOutcomeError, match=r"timed out"):
        way(serve, connect_timeout=0.5, read_timeout=0.1)


@pytest.mark.parametrize("answer", [ANSWER, CHUNKED])
def test_a_slow_answer_within_its_time_is_read_whole(way: Way, answer: bytes) -> None:
    """The limit is for the time, not for the number of parts."""
    reply = way(answering(answer[:9], answer[9:50], answer[50:], pause=0.01), read_timeout=20)
    assert (reply.status, reply.body) == (201, ANSWER[-30:])


@pytest.mark.parametrize("status", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
def test_what_comes_before_the_answer_is_not_the_answer(way: Way, status: bytes) -> None:
    """An interim status says nothing about the rows; the final one does."""
    interim = b"HTTP/1.1 " + status + b"\r\nLink: </a>\r\n\r\n"
    assert way(answering(interim, interim, ANSWER)).status == 201
    with pytest.raises(UnknownOutcomeError):
        way(answering(interim))


def test_an_answer_in_another_protocol_leaves_the_outcome_unknown(way: Way) -> None:
    """Nobody asked for one, and it does not tell what became of the request."""
    with pytest.raises(UnknownOutcomeError):
        way(answering(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\n\r\n"))


def test_an_end_without_a_status_leaves_the_outcome_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A library that says all is well, and has no answer, is not believed."""

    class Well:
        def setopt(self, *_: object) -> None:
            pass

        perform = setopt

        def getinfo(self, _: int) -> int:
            return 0

    exchange = Exchange(
        proxy=None, certificates="", connect_seconds=1, seconds=1, max_answer=MAX_ANSWER
    )
    monkeypatch.setattr(exchange, "_curl", Well())
    with pytest.raises(ExchangeError, match="no answer came") as caught:
        exchange.ask("POST", "http://127.0.0.1", BODY, {})
    assert caught.value.sent


def test_the_next_call_gets_its_own_answer() -> None:
    """A late answer to one request is never taken for the answer to the next one."""

    def serve(connection: socket.socket) -> None:
        for number in b"12":
            request_on(connection)
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            time.sleep(0.05)
            connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\n%c" % number)

    with listening(serve) as place:
        transport = HttpTransport(connection_to(f"http://{place}"), platform())
        assert [transport.call("POST", "/", BODY).body for _ in range(2)] == [b"1", b"2"]
        transport.close()


def test_a_request_that_is_read_too_slowly_is_given_up(secure: Way) -> None:
    """A destination cannot hold a call by taking it in small parts; perhaps it was taken."""

    def serve(connection: socket.socket) -> None:
        for _ in range(200):
            connection.recv(16384)
            time.sleep(0.02)

    with pytest.raises(UnknownOutcomeError, match="timed out"):
        secure(serve, body=b"x" * 12_000_000, connect_timeout=0.5, read_timeout=0.1)


@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize("end", [reset, socket.socket.close, lambda _: time.sleep(0.3)])
def test_a_handshake_that_breaks_off_sent_nothing(
    end: Callable[[socket.socket], None], proxied: bool
) -> None:
    """A reset, a hang-up or silence before TLS stands: the request may be sent again."""

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        end(connection)

    with (
        listening(as_proxy(serve) if proxied else serve) as place,
        pytest.raises(NotSentError, match="cannot be reached"),
    ):
        _call(f"https://{place}", proxied=proxied, connect_timeout=0.1)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 Login\r\n\r\n", b"HTTP/1.1 502 Bad\r\n\r\n", b"odd\r\n\r\n", b""]
)
def test_a_proxy_that_opens_no_tunnel_sent_nothing(answer: bytes) -> None:
    """Whatever the proxy answers instead."""
    with listening(answering(answer)) as place, pytest.raises(NotSentError):
        _call(f"https://{place}", proxied=True)


def test_a_proxys_answer_has_a_limit_too() -> None:
    """A proxy that drips its answer to CONNECT is given up within the time to connect."""

    def serve(connection: socket.socket) -> None:
        request_on(connection)
        drip(connection, b"HTTP/1.1 200 Connected at last and for good\r\n\r\n", 0.02)

    with (
        listening(serve) as place,
        pytest.raises(NotSentError, match=r"timed out after 15\d milliseconds"),
    ):
        _call(f"https://{place}", proxied=True, connect_timeout=0.15)


@pytest.mark.parametrize("end", [reset, socket.socket.close])
def test_a_cut_after_the_request_leaves_the_outcome_unknown(
    way: Way, end: Callable[[socket.socket], None]
) -> None:
    """Also behind a proxy, where the failure looks like the proxy's own."""

    def serve(connection: socket.socket) -> None:
        request_on(connection)
        end(connection)

    with pytest.raises(UnknownOutcomeError):
        way(serve)


def test_tls_that_breaks_after_the_request_leaves_the_outcome_unknown(secure: Way) -> None:
    """The words are those of a failed handshake, but the request had arrived."""

    def serve(connection: socket.socket) -> None:
        request_on(connection)
        with socket.socket(fileno=os.dup(connection.fileno())) as bare:
            bare.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")

    with pytest.raises(UnknownOutcomeError, match="bad record type"):
        secure(serve)


@pytest.mark.parametrize("name", ["IP:127.0.0.1", "DNS:other.example"])
def test_a_certificate_that_is_not_right_stops_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Of an unknown authority, or for another host: nothing is sent, and a repeat cannot help."""
    own = certificate(tmp_path, name)
    if name.startswith("DNS"):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(own))
    requests: list[bytes] = []
    told = r"TLS failed .*(self-signed|subject name).*REQUESTS_CA"
    serve = with_tls(own, lambda connection: requests.append(request_on(connection)))
    with listening(serve) as place:
        with pytest.raises(UnavailableError, match=told) as no:
            _call(f"https://{place}")
        assert type(no.value) is UnavailableError
    assert requests == []


def test_certificates_that_are_not_there_are_told_before_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A slip in the environment is no failure of the destination."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    with pytest.raises(ConfigurationError, match=r"REQUESTS_CA_BUNDLE names /no/such/bundle\.pem"):
        HttpTransport(connection_to("https://rest.example"), platform())


def test_an_address_that_cannot_be_called_leaves_nothing_in_doubt() -> None:
    """Nothing was sent, and a repeat cannot help."""
    with pytest.raises(UnavailableError, match="cannot be called") as caught:
        _call("https://rest example")
    assert type(caught.value) is UnavailableError


def test_a_packed_answer_is_measured_unpacked() -> None:
    """A small answer that unpacks to an endless one does not fill the memory."""
    packed = gzip.compress(bytes(MAX_ANSWER + 1))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    with (
        listening(answering(head.encode() + packed)) as place,
        pytest.raises(UnknownOutcomeError, match="over 10485760 bytes"),
    ):
        _call(f"http://{place}")
    small = gzip.compress(b"{}")
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(small)}\r\n\r\n"
    with listening(answering(head.encode() + small)) as place:
        assert _call(f"http://{place}").body == b"{}"
