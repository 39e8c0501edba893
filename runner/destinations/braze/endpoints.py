"""The endpoints of Braze with their limits, every one an option of the connection.

Braze contract, table "Endpoints covered" and sections 2.1, 3.9, 6 and 7; the body stays below
the 4 MB of Braze because other tools and proxies measure differently.
"""

from __future__ import annotations

from runner.destinations.braze.replies import reader
from runner.destinations.common.settings import OPTION_COUNT, OPTION_RATE, count, rate
from runner.destinations.service import Connection, Endpoint, Fragment, Setting, Target

MAX_ROWS = Setting(
    name="max_rows",
    description="Objects in one request to /users/track.",
    default=75,
    check=OPTION_COUNT,
)
MAX_BYTES = Setting(
    name="max_bytes",
    description="Bytes of one request's body.",
    default=3_500_000,
    check=OPTION_COUNT,
)
DELETE_MAX_ROWS = Setting(
    name="delete_max_rows",
    description="Ids in one request to /users/delete.",
    default=50,
    check=OPTION_COUNT,
)
SUBSCRIPTION_MAX_ROWS = Setting(
    name="subscription_max_rows",
    description="Users in one request to /v2/subscription/status/set.",
    default=50,
    check=OPTION_COUNT,
)
RATE_LIMIT = Setting(
    name="rate_limit",
    description="Requests to /users/track in any window of so many seconds; leave room for other "
    "tools that share the workspace's or the company's limit.",
    default={"requests": 3000, "seconds": 3},
    check=OPTION_RATE,
)
DELETE_RATE_LIMIT = Setting(
    name="delete_rate_limit",
    description="Requests to /users/delete in any window of so many seconds; the bucket is shared "
    "with the alias, identify and merge endpoints.",
    default={"requests": 20_000, "seconds": 60},
    check=OPTION_RATE,
)
SUBSCRIPTION_RATE_LIMIT = Setting(
    name="subscription_rate_limit",
    description="Requests to the subscription endpoints in any window of so many seconds.",
    default={"requests": 5000, "seconds": 60},
    check=OPTION_RATE,
)
COUNTS = (MAX_ROWS, MAX_BYTES, DELETE_MAX_ROWS, SUBSCRIPTION_MAX_ROWS)
RATES = (RATE_LIMIT, DELETE_RATE_LIMIT, SUBSCRIPTION_RATE_LIMIT)


def track(connection: Connection, array: str, fragment: Fragment) -> Endpoint:
    """/users/track with one array only, so that an index alone names a row."""
    return Endpoint(
        fragment=fragment,
        verdict=reader(array, repeatable=array == "attributes"),
        targets=(Target(path="/users/track", opening=b'{"%b":[' % array.encode(), closing=b"]}"),),
        max_rows=count(connection, MAX_ROWS),
        max_bytes=count(connection, MAX_BYTES),
        rate=rate(connection, RATE_LIMIT, "users/track"),
        permission="users.track",
    )


def delete(connection: Connection, kind: str, fragment: Fragment) -> Endpoint:
    """/users/delete with ids of one kind (`external_ids`, `email_addresses`, ...)."""
    return Endpoint(
        fragment=fragment,
        verdict=reader("attributes", repeatable=True, deletes=True),
        targets=(Target(path="/users/delete", opening=b'{"%b":[' % kind.encode(), closing=b"]}"),),
        max_rows=count(connection, DELETE_MAX_ROWS),
        max_bytes=count(connection, MAX_BYTES),
        rate=rate(connection, DELETE_RATE_LIMIT, "users/delete"),
        permission="users.delete",
    )


def subscription(connection: Connection, group: str, fragment: Fragment) -> Endpoint:
    """/v2/subscription/status/set for one group; `group` is its JSON up to the list of users."""
    return Endpoint(
        fragment=fragment,
        verdict=reader("attributes", repeatable=True),
        targets=(
            Target(
                path="/v2/subscription/status/set",
                opening=b'{"subscription_groups":[%b[' % group.encode(),
                closing=b"]}]}",
            ),
        ),
        max_rows=count(connection, SUBSCRIPTION_MAX_ROWS),
        max_bytes=count(connection, MAX_BYTES),
        rate=rate(connection, SUBSCRIPTION_RATE_LIMIT, "subscription/status/set"),
        permission="subscription.status.set",
    )
