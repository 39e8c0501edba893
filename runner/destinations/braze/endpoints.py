"""The endpoints of Braze with their limits, every one an option of the connection.

Braze contract, table "Endpoints covered" and sections 2.1, 3.9, 6 and 7; the body stays below
the 4 MB of Braze because other tools and proxies measure differently.
"""

from __future__ import annotations

from collections.abc import Iterator

from runner.destinations.service import Connection, Endpoint, RateLimit, Setting, Target

MAX_ROWS = Setting(
    name="max_rows",
    description="Objects in one request to /users/track.",
    default=75,
)
MAX_BYTES = Setting(
    name="max_bytes",
    description="Bytes of one request's body.",
    default=3_500_000,
)
DELETE_MAX_ROWS = Setting(
    name="delete_max_rows",
    description="Ids in one request to /users/delete.",
    default=50,
)
SUBSCRIPTION_MAX_ROWS = Setting(
    name="subscription_max_rows",
    description="Users in one request to /v2/subscription/status/set.",
    default=50,
)
RATE_LIMIT = Setting(
    name="rate_limit",
    description="Requests to /users/track in any window of so many seconds; leave room for other "
    "tools that share the workspace's or the company's limit.",
    default={"requests": 3000, "seconds": 3},
)
DELETE_RATE_LIMIT = Setting(
    name="delete_rate_limit",
    description="Requests to /users/delete in any window of so many seconds; the bucket is shared "
    "with the alias, identify and merge endpoints.",
    default={"requests": 20_000, "seconds": 60},
)
SUBSCRIPTION_RATE_LIMIT = Setting(
    name="subscription_rate_limit",
    description="Requests to the subscription endpoints in any window of so many seconds.",
    default={"requests": 5000, "seconds": 60},
)
COUNTS = (MAX_ROWS, MAX_BYTES, DELETE_MAX_ROWS, SUBSCRIPTION_MAX_ROWS)
RATES = (RATE_LIMIT, DELETE_RATE_LIMIT, SUBSCRIPTION_RATE_LIMIT)


def track(connection: Connection, array: str) -> Endpoint:
    """/users/track with one array only, so that an index alone names a row."""
    return Endpoint(
        targets=(Target(path="/users/track", opening=b'{"%b":[' % array.encode(), closing=b"]}"),),
        max_rows=_count(connection, MAX_ROWS),
        max_bytes=_count(connection, MAX_BYTES),
        rate=_rate(connection, RATE_LIMIT, "users/track"),
        permission="users.track",
    )


def delete(connection: Connection, kind: str) -> Endpoint:
    """/users/delete with ids of one kind (`external_ids`, `email_addresses`, ...)."""
    return Endpoint(
        targets=(Target(path="/users/delete", opening=b'{"%b":[' % kind.encode(), closing=b"]}"),),
        max_rows=_count(connection, DELETE_MAX_ROWS),
        max_bytes=_count(connection, MAX_BYTES),
        rate=_rate(connection, DELETE_RATE_LIMIT, "users/delete"),
        permission="users.delete",
    )


def subscription(connection: Connection, group: str) -> Endpoint:
    """/v2/subscription/status/set for one group; `group` is its JSON up to the list of users."""
    return Endpoint(
        targets=(
            Target(
                path="/v2/subscription/status/set",
                opening=b'{"subscription_groups":[%b[' % group.encode(),
                closing=b"]}]}",
            ),
        ),
        max_rows=_count(connection, SUBSCRIPTION_MAX_ROWS),
        max_bytes=_count(connection, MAX_BYTES),
        rate=_rate(connection, SUBSCRIPTION_RATE_LIMIT, "subscription/status/set"),
        permission="subscription.status.set",
    )


def connection_mistakes(connection: Connection) -> Iterator[str]:
    """Say which options or secrets of the connection cannot be right."""
    key = connection.secrets.get("api_key", "")
    if not key.isascii() or not key.isprintable() or not key or set(key) & set(" \"'"):
        yield "api_key must be the bare key, without quotes, spaces or line breaks"
    for setting in COUNTS:
        if _whole(connection.options.get(setting.name, setting.default)) is None:
            yield f"{setting.name} must be a whole number above 0"
    for setting in RATES:
        if _window(connection.options.get(setting.name, setting.default)) is None:
            yield f"{setting.name} must be {{requests: a whole number, seconds: a number}}, above 0"


def _count(connection: Connection, setting: Setting) -> int:
    return _whole(connection.options.get(setting.name, setting.default)) or 1


def _rate(connection: Connection, setting: Setting, bucket: str) -> RateLimit:
    requests, seconds = _window(connection.options.get(setting.name, setting.default)) or (1, 1.0)
    return RateLimit(requests=requests, seconds=seconds, bucket=f"braze {bucket}")


def _window(value: object) -> tuple[int, float] | None:
    if not isinstance(value, dict) or set(value) != {"requests", "seconds"}:
        return None
    requests, seconds = _whole(value["requests"]), _number(value["seconds"])
    return (requests, seconds) if requests and seconds else None


def _whole(value: object) -> int | None:
    found = _number(value)
    return int(found) if found is not None and found == int(found) else None


def _number(value: object) -> float | None:
    """A number above 0; as text too, since a value from the environment is text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if 0 < found < float("inf") else None
