"""Promises of a request: it goes once, where it should, and no longer than it may."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pycurl
import pytest

from runner.exchange import LEFT
from runner.transport import HttpTransport, UnknownOutcomeError
from tests.support.destination import connection_to, platform
from tests.support.sockets import listening, request_on, reset

BODY = b'{"rows":[]}'
ANSWER = b'HTTP/1.1 201 Created\r\nContent-Length: 30\r\n\r\n{"message": "success", "a": 1}'


@pytest.mark.parametrize(
    ("method", "body"),
    [("POST", BODY), ("POST", b""), ("DELETE", b""), ("PATCH", b"x" * 600_000)],
)
@pytest.mark.parametrize("end", [reset, socket.socket.close])
def test_a_request_on_a_kept_connection_is_sent_once(
    method: str, body: bytes, end: Callable[[socket.socket], None]
) -> None:
    """A destination that takes it and hangs up without a word may have done it: no second try."""
    requests: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        while True:
            requests.append(request_on(connection))
            if len(requests) > 1:
                end(connection)
                return
            connection.sendall(ANSWER)

    with listening(serve) as place:
        transport = HttpTransport(connection_to(f"http://{place}"), platform())
        assert transport.call(method, "/", body).status == 201
        with pytest.raises(UnknownOutcomeError):
            transport.call(method, "/", body)
        transport.close()
    assert len(requests) == 2


@pytest.mark.parametrize("told", [LEFT, pycurl.PRETRANSFER_TIME_T])
@pytest.mark.parametrize(("method", "body"), [("POST", BODY), ("GET", b"")])
def test_an_answer_says_when_its_request_left(
    method: str, body: bytes, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the call began, and before an answer that comes late; older libcurls tell it too."""
    monkeypatch.setattr("runner.exchange.LEFT", told)

    def serve(connection: socket.socket) -> None:
        for _ in range(2):
            request_on(connection)
            time.sleep(0.3)
            connection.sendall(ANSWER)

    with listening(serve) as place:
        transport = HttpTransport(connection_to(f"http://{place}"), platform())
        for _ in range(2):
            began = time.monotonic()
            left_at = transport.call(method, "/", body).left_at
            assert left_at is not None
            assert began <= left_at < time.monotonic() - 0.25
        transport.close()


def test_a_connection_that_was_closed_meanwhile_is_opened_anew() -> None:
    """A destination may end a connection that is idle; the next request is not lost to that."""
    closed = threading.Event()

    def serve(connection: socket.socket) -> None:
        request_on(connection)
        connection.sendall(ANSWER)
        connection.close()
        closed.set()

    with listening(serve) as place:
        transport = HttpTransport(connection_to(f"http://{place}"), platform())
        for _ in range(2):
            closed.clear()
            assert transport.call("POST", "/", BODY).status == 201
            assert closed.wait(10)
        transport.close()


@pytest.mark.parametrize("path", ["/users/..", "/users/%2E%2E", "/a//b/./c"])
def test_a_path_arrives_as_it_is(path: str) -> None:
    """An identifier that looks like a step up in a path does not lead elsewhere."""
    requests: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        requests.append(request_on(connection))
        connection.sendall(ANSWER)

    with listening(serve) as place:
        transport = HttpTransport(connection_to(f"http://{place}"), platform())
        transport.call("DELETE", path, b"")
        transport.close()
    assert requests[0].startswith(f"DELETE {path} HTTP/1.1".encode())


def test_a_header_cannot_hold_another_one() -> None:
    """What comes from elsewhere may hold a line break, and a request must not."""
    transport = HttpTransport(connection_to("https://rest.example"), platform())
    with pytest.raises(ValueError, match="line break"):
        transport.call("POST", "/", BODY, {"X-Id": "a\r\nX-Other: b"})


def test_an_interrupt_ends_a_call_that_waits() -> None:
    """Ctrl-C is heard by a command that asks in its own thread, and not after the time limit."""
    script = (
        "import signal, sys, _thread, threading\n"
        "from runner.exchange import Exchange\n"
        "exchange = Exchange(proxy=None, certificates='', connect_seconds=90, seconds=90, "
        "max_answer=1)\n"
        # Whoever started the tests may have it ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "threading.Timer(0.5, _thread.interrupt_main).start()\n"
        "try:\n"
        "    exchange.ask('GET', sys.argv[1], b'', {})\n"
        "except KeyboardInterrupt:\n"
        "    print('heard')\n"
    )
    ended = threading.Event()

    def serve(_: socket.socket) -> None:
        ended.wait(60)

    with listening(serve) as place:
        try:
            done = subprocess.run(
                [sys.executable, "-c", script, f"http://{place}/"],
                capture_output=True,
                text=True,
                check=False,
                timeout=30,
            )
        finally:
            ended.set()
    assert done.stdout == "heard\n", done.stderr
