"""The call that proves a connection without changing data (Batch contract, section 6, U15)."""

from __future__ import annotations

from urllib.parse import quote

from runner.destinations.access import Probe
from runner.destinations.batch.settings import (
    APP_KEYS,
    CONTACTS_VERSION,
    PROFILES_VERSION,
    PROJECT_KEY,
    project_headers,
)
from runner.destinations.common.explaining import obstacle
from runner.destinations.common.settings import option
from runner.destinations.service import Connection, Reply

BAD_REQUEST = 400
CAUSES = {
    401: "does not accept this key: copy the REST key of the company again",
    403: "knows this key, but not for this project or app, or the plan lacks this API: compare "
    "project_key or app_keys with the dashboard",
    404: "has no such address: compare app_keys and the version with the dashboard",
}


def probe(connection: Connection) -> Probe:
    """An empty list: whoever may write is told that it is malformed, or that it is taken."""
    if connection.options.get(PROJECT_KEY.name):
        path = f"/{option(connection, PROFILES_VERSION)}/profiles/update"
        headers = project_headers(connection)
    else:
        keys = connection.options.get(APP_KEYS.name) or [""]
        path = f"/{option(connection, CONTACTS_VERSION)}/{quote(keys[0], safe='')}/data/users"
        headers = {"X-Authorization": connection.secrets["rest_key"]}
    return Probe(method="POST", path=path, body=b"[]", headers=headers, explain=_explain)


def _explain(reply: Reply, connection: Connection) -> str | None:
    # Only whoever may write is told that an empty list is malformed.
    return None if reply.status == BAD_REQUEST else obstacle(reply, connection, "Batch", CAUSES)
