"""Promises of one HTTP call."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.errors import ConfigurationError, TailraceError, UnavailableError
from runner.masking import masked
from runner.transport import (
    MAX_ANSWER,
    HttpTransport,
    NotSentError,
    UnknownOutcomeError,
    call,
    is_loopback,
)
from tests.support.destination import (
    SECRET,
    Answer,
    Destination,
    connection_to,
    platform,
    serving,
)
from tests.support.sockets import certificate, listening, request_on, with_tls

BODY = b'{"rows":[]}'


@pytest.fixture
def destination() -> Iterator[Destination]:
    """A server that takes everything."""
    with serving(Destination()) as destination:
        yield destination


def post(url: str, **options: object) -> object:
    """One call of a fresh transport."""
    return call(connection_to(url, **options), platform(), "POST", "/track", BODY)


def test_a_call_carries_the_platforms_headers_and_the_runners_name(
    destination: Destination,
) -> None:
    """Authorization comes from the platform, User-Agent from the runner."""
    post(destination.url)
    headers = destination.requests[0].headers
    assert headers["authorization"] == f"Bearer {SECRET}"
    assert headers["user-agent"].startswith("tailrace/")
    assert destination.requests[0].body == BODY


def test_a_reply_has_status_lower_case_headers_and_body(destination: Destination) -> None:
    """Header names are compared without case, so they arrive in lower case."""
    destination.behave = lambda _: Answer(status=400, headers={"X-Odd": "1"}, body=b'{"a": 1}')
    reply = call(connection_to(destination.url), platform(), "POST", "/track", BODY)
    assert (reply.status, reply.headers["x-odd"], reply.body) == (400, "1", b'{"a": 1}')


def test_a_chunked_answer_is_read_whole(destination: Destination) -> None:
    """An answer without a length is read to its end."""
    destination.behave = lambda _: Answer(body=b'{"a": 2}', chunked=True)
    reply = call(connection_to(destination.url), platform(), "POST", "/track", BODY)
    assert reply.body == b'{"a": 2}'


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(destination: Destination, status: int) -> None:
    """Neither on the same host nor to another: key and rows go to no other address."""
    with serving(Destination()) as other:
        for target in ("/other", f"{other.url}/track"):
            answer = Answer(status=status, headers={"Location": target})
            destination.behave = lambda _, answer=answer: answer  # type: ignore[misc]
            reply = call(connection_to(destination.url), platform(), "POST", "/track", BODY)
            assert reply.status == status
    assert [request.path for request in destination.requests] == ["/track", "/track"]
    assert other.requests == []


def test_clear_text_leaves_this_machine_never() -> None:
    """`http://` to another host is refused before anything is sent."""
    with pytest.raises(ConfigurationError, match="clear text"):
        HttpTransport(connection_to("http://rest.example"), platform())


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:80", True),
        ("http://127.8.0.1", True),
        ("http://[::1]:80", True),
        ("http://127.0.0.1.example", False),
        ("http://localhost.example", False),
        ("http://10.0.0.1", False),
    ],
)
def test_loopback_is_this_machine_alone(url: str, loopback: bool) -> None:
    """A name that only looks like this machine is not it."""
    assert is_loopback(url) is loopback


def test_a_refused_connection_was_surely_not_sent() -> None:
    """Nobody listens: the request may be tried again without a doubt."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(NotSentError, match=r"shop: .* cannot be reached .*Failed to connect"):
            post(url)


def test_an_error_that_is_being_told_is_no_cause() -> None:
    """A call made while another error is handled names its own cause."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        try:
            HttpTransport(connection_to("http://rest.example"), platform())
        except ConfigurationError:
            with pytest.raises(NotSentError, match="Failed to connect") as caught:
                post(url)
            assert "clear text" not in str(caught.value)


def test_an_unknown_host_was_surely_not_sent() -> None:
    """A name that does not resolve is told as such."""
    with pytest.raises(NotSentError, match="cannot be reached"):
        post("https://no-such-host.invalid")


@pytest.mark.parametrize("answer", [Answer(cut=0), Answer(cut=3)])
def test_a_cut_connection_leaves_the_outcome_unknown(
    destination: Destination, answer: Answer
) -> None:
    """Before the answer or within it: the destination may have taken the rows."""
    destination.behave = lambda _: answer
    with pytest.raises(UnknownOutcomeError, match="no usable answer"):
        post(destination.url)


def test_an_answer_that_never_comes_leaves_the_outcome_unknown(destination: Destination) -> None:
    """The read time limit ends the wait."""
    gate = threading.Event()

    def behave(_: object) -> Answer:
        gate.wait(30)
        return Answer()

    destination.behave = behave
    try:
        with pytest.raises(UnknownOutcomeError, match="timed out"):
            post(destination.url, connect_timeout=0.5, read_timeout=0.1)
    finally:
        gate.set()


def test_an_answer_is_read_up_to_a_limit(destination: Destination) -> None:
    """An endless answer does not fill the memory."""
    destination.behave = lambda _: Answer(body=b"x" * (MAX_ANSWER + 1))
    with pytest.raises(UnknownOutcomeError, match="over 10485760 bytes"):
        post(destination.url)


def test_a_server_without_tls_is_explained(destination: Destination) -> None:
    """TLS fails before anything is sent, and a repeat cannot help."""
    with pytest.raises(UnavailableError, match=r"TLS failed .* nothing was sent") as caught:
        post(destination.url.replace("http://", "https://"))
    assert type(caught.value) is UnavailableError


@pytest.mark.parametrize(
    "variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PYTHONHTTPSVERIFY", "SSL_CERT_FILE"]
)
@pytest.mark.parametrize("value", ["", "0"])
def test_the_environment_cannot_switch_the_check_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """Whatever a variable says, a certificate of an unknown authority stops the call."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    requests: list[bytes] = []
    own = certificate(tmp_path)
    serve = with_tls(own, lambda connection: requests.append(request_on(connection)))
    with listening(serve) as place, pytest.raises(TailraceError):
        post(f"https://{place}")
    assert requests == []


def test_a_netrc_login_is_not_sent(
    destination: Destination, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key of the connection is not replaced by a login that lies in the home folder."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    post(destination.url)
    assert destination.requests[0].headers["authorization"] == f"Bearer {SECRET}"


def test_clear_text_to_this_machine_goes_through_no_proxy(
    destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy of the environment would carry the key out in clear text."""
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    post(destination.url)
    assert len(destination.requests) == 1


def test_a_proxys_password_is_in_no_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy of the environment is used, its login is masked."""
    monkeypatch.setenv("https_proxy", "http://user:proxy-pass@127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    transport = HttpTransport(connection_to("https://rest.example"), platform())
    with pytest.raises(NotSentError) as caught:
        transport.call("POST", "/track", BODY)
    assert "proxy-pass" not in str(caught.value)
    assert "proxy-pass" not in masked("via http://user:proxy-pass@127.0.0.1:1")


def test_a_socks_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens there, so nothing was sent."""
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    transport = HttpTransport(connection_to("https://rest.example"), platform())
    with pytest.raises(NotSentError, match="127\\.0\\.0\\.1"):
        transport.call("POST", "/track", BODY)


def test_sockets_are_kept_for_the_next_call(destination: Destination) -> None:
    """As many as call at once, and none after the end."""
    transport = HttpTransport(connection_to(destination.url), platform())
    threads = [
        threading.Thread(target=lambda: [transport.call("POST", "/", BODY) for _ in range(3)])
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(destination.requests) == 6
    assert 1 <= destination.connections <= 2
    transport.close()
    assert not transport._idle
