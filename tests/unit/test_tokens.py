"""A token by OAuth2: asked for once, again before it ends or when it is refused, kept by nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

import pytest

from runner.destinations.access import Login
from runner.destinations.service import Reply
from runner.errors import UnavailableError
from runner.masking import masked
from runner.tokens import Token
from runner.transport import HttpTransport, NotSentError
from tests.support.destination import connection_to, platform

LOGIN = Login(
    path="/oauth2/token",
    secrets=("api_key",),
    form=lambda connection: {
        "grant_type": "client_credentials",
        "k": connection.secrets["api_key"],
    },
)


class Vendor:
    """Gives one token after the other; the time is what a test says."""

    def __init__(self, **told: object) -> None:
        self.told = told
        self.now = 0.0
        self.asked: list[tuple[str, bytes]] = []
        self.status = 200

    def __call__(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Answer a login."""
        assert headers["Content-Type"] == "application/x-www-form-urlencoded"
        self.asked.append((path, body))
        told = {"access_token": f"token-{len(self.asked)}", **self.told}
        return Reply(status=self.status, headers={}, body=json.dumps(told).encode())

    def token(self) -> Token:
        """A token of a connection to it."""
        return Token(LOGIN, connection_to("https://shop.example"), self, lambda: self.now)


def test_a_token_is_asked_for_once_until_shortly_before_its_end() -> None:
    """By a form with the grant; it shows in no message."""
    vendor = Vendor(expires_in=600)
    token = vendor.token()
    assert [token.value() for _ in range(3)] == ["token-1"] * 3
    vendor.now = 569
    assert token.value() == "token-1"
    vendor.now = 571
    assert token.value() == "token-2"
    path, body = vendor.asked[0]
    assert (path, parse_qs(body.decode())["grant_type"]) == (
        "/oauth2/token",
        ["client_credentials"],
    )
    assert "token-2" not in masked("it said token-2")


def test_a_refused_token_is_replaced_once_for_all_threads() -> None:
    """Whoever comes with the old one gets the new one."""
    vendor = Vendor(expires_in=600)
    token = vendor.token()
    old = token.value()
    assert [token.value(refused=old) for _ in range(3)] == ["token-2"] * 3
    assert len(vendor.asked) == 2


def test_a_token_of_unknown_life_lives_for_minutes() -> None:
    """Where the answer does not say."""
    vendor = Vendor()
    token = vendor.token()
    token.value()
    vendor.now = 271
    assert token.value() == "token-2"


def test_a_refresh_token_is_used_until_the_answer_holds_another() -> None:
    """In the form it stands as the secret does; a new one shows in no message either."""
    login = Login(
        path="/token",
        secrets=("refresh_token",),
        form=lambda connection: {
            "grant_type": "refresh_token",
            "refresh_token": connection.secrets["refresh_token"],
        },
    )
    connection = replace(
        connection_to("https://shop.example"), secrets={"refresh_token": "refresh-0"}
    )
    vendor = Vendor(expires_in=600)
    token = Token(login, connection, vendor, lambda: vendor.now)
    first = token.value()
    vendor.told = {"refresh_token": "refresh-1"}
    second = token.value(refused=first)
    token.value(refused=second)
    sent = [parse_qs(body.decode())["refresh_token"][0] for _, body in vendor.asked]
    assert sent == ["refresh-0", "refresh-0", "refresh-1"]
    assert "refresh-1" not in masked("it said refresh-1")


@pytest.mark.parametrize(
    ("status", "told"), [(401, {}), (200, {"access_token": None}), (200, {"access_token": "a\nb"})]
)
def test_no_token_is_told_with_the_cure(status: int, told: dict[str, object]) -> None:
    """By the names of the secrets, and without them."""
    vendor = Vendor(**told)
    vendor.status = status
    with pytest.raises(UnavailableError, match=rf"shop gives no token \({status}\): check api_key"):
        vendor.token().value()


@contextmanager
def _shop(first: str, *logins: int) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """A server whose tokens after `first` are good, and whose first logins end so; 0: in a cut."""
    asked: list[tuple[str, str | None]] = []
    statuses = list(logins)

    class Handler(BaseHTTPRequestHandler):
        """Gives tokens, and takes all but the first."""

        def do_POST(self) -> None:
            """Answer one request."""
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            bearer, is_login = self.headers.get("Authorization"), self.path == "/oauth2/token"
            asked.append((self.path, bearer))
            number = sum(path == "/oauth2/token" for path, _ in asked)
            status = 401 if not is_login and bearer == f"Bearer {first}1" else 200
            if is_login and statuses:
                status = statuses.pop(0)
            if not status:
                self.close_connection = True
                return
            told = {"access_token": f"{first}{number}", "expires_in": 600}
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("status", [0, 429, 503])
def test_a_login_that_fails_for_now_leaves_nothing_in_doubt(status: int) -> None:
    """The request that it is for was not sent, so another attempt may be made of any row."""
    with _shop("t", status) as (url, asked):
        transport = HttpTransport(connection_to(url), replace(platform(), login=LOGIN))
        with pytest.raises(NotSentError):
            transport.call("POST", "/people", b"{}")
        assert [path for path, _ in asked] == ["/oauth2/token"]
        assert transport.call("POST", "/people", b"{}").status == 200
        transport.close()


def test_requests_carry_a_token_and_are_repeated_once_with_another() -> None:
    """By a 401 nothing was taken, so the request is made again."""
    with _shop("t") as (url, asked):
        transport = HttpTransport(connection_to(url), replace(platform(), login=LOGIN))
        assert transport.call("POST", "/people", b"{}").status == 200
        assert transport.call("POST", "/people", b"{}").status == 200
        transport.close()
    assert asked[1:3] == [("/people", "Bearer t1"), ("/oauth2/token", asked[2][1])]
    assert [bearer for path, bearer in asked if path == "/people"] == [
        "Bearer t1",
        "Bearer t2",
        "Bearer t2",
    ]
