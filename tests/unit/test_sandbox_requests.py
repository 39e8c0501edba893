"""What the stand-in answers before it looks at any object (Braze contract, 1, 2, 3.8, 11)."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from runner.sandbox import API_KEY, Answer, Call, RateLimit
from runner.sandbox.braze import Braze, Settings
from runner.sandbox.braze.workspace import ENDPOINTS
from runner.sandbox.limits import Dialect

HEADERS = {"authorization": f"Bearer {API_KEY}", "content-type": "application/json; charset=utf-8"}
BODY = b'{"attributes":[{"external_id":"u-1","plan":"gold"}]}'
GROUP = "3f0c5a1e-0000-4000-8000-000000000001"


def post(
    sandbox: Braze,
    path: str = "/users/track",
    body: bytes = BODY,
    headers: Mapping[str, str] = HEADERS,
) -> Answer:
    """Send one request with a good key."""
    return sandbox.handle(Call(method="POST", path=path, headers=headers, body=body))


def content(answer: Answer) -> dict[str, object]:
    """The reply's JSON object."""
    read = json.loads(answer.body)
    assert isinstance(read, dict)
    return read


@pytest.mark.parametrize(
    "authorization", [None, "", API_KEY, "Bearer wrong", f'Bearer "{API_KEY}"', f"Basic {API_KEY}"]
)
def test_a_missing_or_wrong_key_is_401(authorization: str | None) -> None:
    """1 and 11: `Bearer` and the key without quotes, else nothing is taken."""
    sandbox = Braze()
    headers = dict(HEADERS) | {"authorization": authorization or ""}
    if authorization is None:
        del headers["authorization"]
    answer = post(sandbox, headers=headers)
    assert (answer.status, content(answer)) == (401, {"message": "Invalid API Key"})
    assert not sandbox.state.profiles


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_opens_only_what_it_permits(status: int) -> None:
    """11: a missing permission is 403 or, as a setting, 401."""
    keys = {API_KEY: frozenset({"users.track"})}
    sandbox = Braze(Settings(keys=keys, permission_status=status))
    assert post(sandbox).status == 201
    assert post(sandbox, "/users/delete", b'{"external_ids":["u-1"]}').status == status
    assert "u-1" in sandbox.state.by_external_id


@pytest.mark.parametrize("path", ["/users/track/", "/user/track", "/users/track/bulk", "//"])
def test_a_wrong_url_is_404(path: str) -> None:
    """1 and 11: a trailing slash too."""
    assert post(Braze(), path).status == 404


def test_a_wrong_method_is_404() -> None:
    """11: an endpoint is its method and its path."""
    for path, (method, _) in ENDPOINTS.items():
        other = "GET" if method == "POST" else "POST"
        assert Braze().handle(Call(method=other, path=path, headers=HEADERS)).status == 404


@pytest.mark.parametrize("media", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type_is_415(media: str | None) -> None:
    """1: application/json, and it must be said."""
    headers = {"authorization": HEADERS["authorization"]}
    headers |= {"content-type": media} if media else {}
    assert post(Braze(), headers=headers).status == 415


def test_a_body_over_4_mb_is_413() -> None:
    """3.9: the last byte allowed is taken."""
    sandbox = Braze()
    spare = 4_000_000 - len(BODY)
    assert post(sandbox, body=BODY + b" " * spare).status == 201
    assert post(sandbox, body=BODY + b" " * (spare + 1)).status == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'attributes': []}",
        b'{"attributes":[{"external_id":"u-1","x":NaN}]}',
        b'{"attributes":[{"external_id":"u-1","x":1e99999999999999999999}]}',
        b'\xff{"a":1}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_json_is_400_with_error(body: bytes) -> None:
    """3.8: a parse failure says `error`, not `message`."""
    answer = post(Braze(), body=body)
    assert answer.status == 400
    assert list(content(answer)) == ["error"]


def test_replies_have_the_documented_shapes() -> None:
    """3.8: success with counts, part-failure 201 with errors, all refused 400 with errors."""
    sandbox = Braze()
    assert content(post(sandbox)) == {"message": "success", "attributes_processed": 1}
    bad = {"type": "EMAIL_BAD_FORMAT", "input_array": "attributes", "index": 0}
    both = b'{"attributes":[{"email":"bad"},{"external_id":"u-1"}]}'
    assert content(post(sandbox, body=both)) == {
        "message": "success",
        "attributes_processed": 1,
        "errors": [bad],
    }
    refused = post(sandbox, body=b'{"attributes":[{"email":"bad"}]}')
    assert refused.status == 400
    message = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields."
    assert content(refused) == {"message": message, "errors": [bad]}


@pytest.mark.parametrize(
    ("path", "body", "reply"),
    [
        ("/users/delete", {"external_ids": ["u-1", "u-2"]}, {"deleted": 2}),
        (
            "/users/alias/new",
            {"user_aliases": [{"alias_label": "l", "alias_name": "n"}]},
            {"aliases_processed": 1},
        ),
        (
            "/users/export/ids",
            {"external_ids": ["no"], "fields_to_export": ["email"]},
            {"users": [], "invalid_user_ids": ["no"]},
        ),
        (
            "/v2/subscription/status/set",
            {
                "subscription_groups": [
                    {
                        "subscription_group_id": GROUP,
                        "subscription_state": "subscribed",
                        "external_ids": ["u-1"],
                    }
                ]
            },
            {},
        ),
    ],
)
def test_other_endpoints_say_success(path: str, body: object, reply: dict[str, object]) -> None:
    """6 to 9: a 2xx, `message` and what was counted."""
    answer = post(Braze(), path, json.dumps(body).encode())
    assert answer.status == 201
    assert content(answer) == {"message": "success"} | reply


def test_states_are_read_with_repeated_query_names() -> None:
    """7.4: `external_id[]=` once for each id."""
    sandbox = Braze()
    query = (("subscription_group_id", GROUP), ("external_id[]", "a"), ("external_id[]", "b"))
    call = Call(method="GET", path="/subscription/status/get", headers=HEADERS, query=query)
    assert content(sandbox.handle(call)) == {
        "status": {"a": "Unknown", "b": "Unknown"},
        "message": "success",
    }


def limited(dialect: Dialect) -> tuple[Answer, Answer, Answer]:
    """A request within the limit, one over it, and one in the next window."""
    now = [1_000_000_010.0]
    limit = RateLimit(requests=1, seconds=60, dialect=dialect)
    sandbox = Braze(Settings(rate_limits={"/users/track": limit}, clock=lambda: now[0]))
    within, over = post(sandbox), post(sandbox, body=BODY.replace(b"u-1", b"u-2"))
    assert list(sandbox.state.by_external_id) == ["u-1"]
    now[0] += 60
    return within, over, post(sandbox)


def test_the_standard_dialect_gives_an_epoch() -> None:
    """2.3: limit, remaining and the second at which the window resets, on a 429 too."""
    within, over, after = limited("standard")
    headers = {"x-ratelimit-limit": "1", "x-ratelimit-remaining": "0"}
    assert within.headers == over.headers == headers | {"x-ratelimit-reset": "1000000020"}
    assert (within.status, over.status, after.status) == (201, 429, 201)


def test_the_mau_dialect_gives_seconds() -> None:
    """2.3: seconds left; a 429 has only the seconds to wait."""
    within, over, after = limited("mau")
    assert within.headers["x-ratelimit-reset"] == "10"
    assert over.headers == {"x-ratelimit-retry-after": "10"}
    assert (within.status, over.status, after.status) == (201, 429, 201)


def test_without_a_limit_there_are_no_headers() -> None:
    """The limit is off unless a test asks for it."""
    assert post(Braze()).headers == {}
