"""The stand-in over a real socket: faults, its own pages, and who may reach it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
import requests

from runner.errors import ConfigurationError
from runner.sandbox import Fault, Server, run, serve_in_thread
from runner.sandbox.braze import Braze, Settings
from runner.sandbox.faults import FaultKind


@pytest.fixture(scope="module")
def running() -> Iterator[Server[Braze]]:
    """One server for all tests of this file."""
    with serve_in_thread(Braze(Settings(max_bytes=100_000))) as server:
        yield server


@pytest.fixture
def server(running: Server[Braze]) -> Server[Braze]:
    """The server, empty."""
    running.sandbox.reset()
    return running


def push(server: Server[Braze], external_id: str = "u-1") -> requests.Response:
    """Send one profile on a connection of its own."""
    headers = {"Authorization": f"Bearer {server.api_key}"}
    body = {"attributes": [{"external_id": external_id, "vip": True}]}
    url = f"{server.url}/users/track"
    return requests.post(url, json=body, headers=headers, timeout=30, allow_redirects=False)


def get(server: Server[Braze], path: str) -> requests.Response:
    """Read one of the stand-in's own pages."""
    return requests.get(f"{server.url}{path}", timeout=30)


def tell(server: Server[Braze], path: str, body: object) -> requests.Response:
    """Write to one of the stand-in's own pages."""
    return requests.post(f"{server.url}/_sandbox/{path}", json=body, timeout=30)


@pytest.mark.parametrize(
    ("fault", "status", "stored"),
    [
        (Fault(kind="latency", seconds=0.01), 201, True),
        (Fault(kind="drop"), 201, False),
        (Fault(kind="rate_limited"), 429, False),
        (Fault(kind="server_error", status=502), 502, False),
        (Fault(kind="server_error", status=504, processed=True), 504, True),
        (Fault(kind="html"), 200, False),
        (Fault(kind="html", processed=True), 200, True),
        (Fault(kind="invalid_json", processed=True), 201, True),
        (Fault(kind="drip_headers", seconds=0.01), 201, True),
        (Fault(kind="drip_body", seconds=0.01), 201, True),
        (Fault(kind="unknown_rows"), 201, False),
        (Fault(kind="unknown_rows", processed=True), 201, True),
        (Fault(kind="fewer_counts"), 201, False),
        (Fault(kind="fewer_counts", processed=True), 201, True),
        (Fault(kind="redirect", processed=True), 307, False),
        (Fault(kind="unauthorized", processed=True), 401, False),
        (Fault(kind="forbidden", processed=True), 403, False),
    ],
)
def test_a_fault_with_a_reply(
    server: Server[Braze], fault: Fault, status: int, stored: bool
) -> None:
    """The client sees the status; whether the request took effect is as the fault says."""
    assert fault.processes == stored
    server.sandbox.faults.plan([fault])
    assert push(server).status_code == status
    assert ("u-1" in server.sandbox.state.by_external_id) == stored
    assert push(server, "u-2").status_code == 201


@pytest.mark.parametrize(
    ("fault", "stored"),
    [
        (Fault(kind="cut_before"), False),
        (Fault(kind="cut_after"), True),
        (Fault(kind="cut_during"), True),
        (Fault(kind="silence", seconds=0.01), False),
        (Fault(kind="silence", seconds=0.01, processed=True), True),
    ],
)
def test_a_fault_without_a_reply(server: Server[Braze], fault: Fault, stored: bool) -> None:
    """The socket really closes, before or after the request took effect."""
    assert fault.processes == stored
    server.sandbox.faults.plan([fault])
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        push(server)
    assert ("u-1" in server.sandbox.state.by_external_id) == stored
    assert push(server, "u-2").status_code == 201


def test_a_reply_that_is_no_json(server: Server[Braze]) -> None:
    """A page or half a document, with a status that promises more."""
    server.sandbox.faults.plan([Fault(kind="html"), Fault(kind="invalid_json")])
    page, half = push(server), push(server)
    assert page.headers["content-type"].startswith("text/html")
    assert half.headers["content-type"] == "application/json"
    for reply in (page, half):
        with pytest.raises(requests.JSONDecodeError):
            reply.json()


@pytest.mark.parametrize("kind", ["drip_headers", "drip_body"])
def test_a_reply_that_drips(server: Server[Braze], kind: FaultKind) -> None:
    """It comes in many parts, and is a good one in the end."""
    server.sandbox.faults.plan([Fault(kind=kind, seconds=0.2)])
    body = b'{"attributes":[{"external_id":"u-1"}]}'
    head = f"POST /users/track HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    head += f"Content-Type: application/json\r\nAuthorization: Bearer {server.api_key}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as client:
        client.sendall(head.encode() + body)
        parts = list(iter(lambda: client.recv(65536), b""))
    assert len(parts) > 4
    assert b"".join(parts).endswith(b'\r\n\r\n{"message":"success","attributes_processed":1}')


def test_a_reply_that_misleads(server: Server[Braze]) -> None:
    """It names a row which was not sent, or counts fewer than were; counts only where there are."""
    misled = [Fault(kind="unknown_rows"), Fault(kind="fewer_counts")]
    server.sandbox.faults.plan(misled)
    named, counted = push(server).json(), push(server).json()
    assert (named["attributes_processed"], named["errors"][0]["index"]) == (1, 10_000)
    assert counted == {"message": "success", "attributes_processed": 0}
    server.sandbox.faults.plan([Fault(kind="fewer_counts")])
    assert server.sandbox.draw("/v2/subscription/status/set") is None


def test_a_burst_of_429_in_each_dialect(server: Server[Braze]) -> None:
    """2.3: an epoch, the seconds to wait, or no header at all."""
    burst = [
        Fault(kind="rate_limited", seconds=7, dialect="mau", times=2),
        Fault(kind="rate_limited", seconds=7),
        Fault(kind="rate_limited"),
    ]
    server.sandbox.faults.plan(burst)
    replies = [push(server) for _ in range(5)]
    assert [reply.status_code for reply in replies] == [429, 429, 429, 429, 201]
    names = [{n for n in reply.headers if n.startswith("x-ratelimit")} for reply in replies]
    assert names[0] == names[1] == {"x-ratelimit-retry-after"}
    assert replies[0].headers["x-ratelimit-retry-after"] == "7"
    assert int(replies[2].headers["x-ratelimit-reset"]) > 1_000_000_000
    assert names[3] == set()


def test_faults_and_refusals_are_set_while_it_runs(server: Server[Braze]) -> None:
    """POST /_sandbox/faults and /_sandbox/refuse; null in a script is a good request."""
    told = tell(server, "faults", {"script": [None, {"kind": "server_error", "status": 500}]})
    assert told.json() == {"script": 2, "chances": 0}
    assert [push(server).status_code for _ in range(3)] == [201, 500, 201]
    tell(server, "refuse", {"ids": {"u-1": "EMAIL_BAD_FORMAT"}, "drop": ["u-3"]})
    assert push(server).json()["errors"][0]["type"] == "EMAIL_BAD_FORMAT"
    assert push(server, "u-3").status_code == 201
    assert "u-3" not in server.sandbox.state.by_external_id
    tell(server, "refuse", {})
    assert push(server).status_code == 201


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"script": [{"kind": "earthquake"}]}),
        ("faults", {"script": {}}),
        ("faults", {"scripts": []}),
        ("faults", {"chances": [{"kind": "html"}]}),
        ("refuse", {"ids": ["u-1"]}),
        ("refuse", {"external_ids": {}}),
    ],
)
def test_a_wrong_instruction_is_400_and_changes_nothing(
    server: Server[Braze], path: str, body: object
) -> None:
    """A slip in a test must not pass for a fault that never struck."""
    assert tell(server, path, body).status_code == 400
    assert push(server).status_code == 201


def test_it_shows_what_it_holds(server: Server[Braze]) -> None:
    """A profile, all profiles as JSON lines, and the counts."""
    push(server, "a/b é")
    push(server, "other")
    push(server, "other")
    lines = get(server, "/_sandbox/profiles").text.splitlines()
    assert [json.loads(line)["external_id"] for line in lines] == ["a/b é", "other"]
    one = get(server, "/_sandbox/profiles/external_id/a%2Fb%20é").json()["profiles"]
    assert one == [json.loads(lines[0])]
    assert one[0]["custom_attributes"] == {"vip": True}
    assert get(server, "/_sandbox/profiles/external_id/nobody").status_code == 404
    counts = get(server, "/_sandbox/counts").json()
    assert counts["profiles"] == counts["attributes"]["vip"] == counts["true_flags"]["vip"] == 2
    assert counts["requests"] == {"/users/track": {"201": 3}}
    assert counts["repeats"]["requests"] == 1


def test_requests_are_shown_without_the_key(server: Server[Braze]) -> None:
    """The last ones, with their bodies and how they ended."""
    server.sandbox.faults.plan([Fault(kind="cut_after")])
    with pytest.raises(requests.ConnectionError):
        push(server)
    push(server)
    shown = get(server, "/_sandbox/requests")
    assert server.api_key not in shown.text
    cut, good = shown.json()["requests"]
    assert (cut["status"], cut["fault"], cut["answer"]) == (None, "cut_after", 201)
    assert (good["status"], good["fault"], good["answer"]) == (201, None, 201)
    assert json.loads(good["body"])["attributes"][0]["external_id"] == "u-1"
    assert good["headers"]["authorization"] == "***"


def test_reset_forgets_everything(server: Server[Braze]) -> None:
    """POST /_sandbox/reset: profiles, requests and faults."""
    push(server)
    tell(server, "faults", {"chances": [{"kind": "html", "probability": 1}]})
    tell(server, "reset", {})
    assert server.sandbox.counts()["requests_total"] == 0
    assert not server.sandbox.state.profiles
    assert push(server).status_code == 201


def test_the_page_is_escaped(server: Server[Braze]) -> None:
    """Names that came in requests are text on the page, not markup."""
    headers = {"Authorization": f"Bearer {server.api_key}"}
    body = {"attributes": [{"external_id": "u", "<script>": 1}]}
    requests.post(f"{server.url}/users/track", json=body, headers=headers, timeout=30)
    page = get(server, "/").text
    assert "stand-in for Braze" in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_what_it_holds_is_for_this_machine_only(server: Server[Braze]) -> None:
    """A web site that points its own name at 127.0.0.1 reads nothing."""
    foreign = {"Host": "attacker.example"}
    for path in ("/", "/_sandbox/profiles"):
        assert requests.get(server.url + path, headers=foreign, timeout=30).status_code == 403


def test_a_large_body_is_refused_over_the_socket(server: Server[Braze]) -> None:
    """3.9: 413, without keeping it in memory."""
    assert push(server, "u" * 200_000).status_code == 413
    assert not server.sandbox.journal.entries[-1].call.body


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com"])  # noqa: S104 - refused
def test_it_listens_on_loopback_only(host: str) -> None:
    """People's data is not offered to the network."""
    with pytest.raises(ConfigurationError, match="loopback"):
        run(Braze(), host, 0)


def test_a_taken_port_is_explained(server: Server[Braze]) -> None:
    """One sentence with the cure."""
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(ConfigurationError, match="choose another port"):
        run(Braze(), "127.0.0.1", port)
