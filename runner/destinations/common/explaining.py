"""What the answer to a probe says of a connection."""

from __future__ import annotations

from collections.abc import Mapping

from runner.destinations.service import Connection, Reply

SUCCESS = range(200, 300)


def obstacle(
    reply: Reply, connection: Connection, title: str, causes: Mapping[int, str]
) -> str | None:
    """None for a success, else a sentence: what the platform does, by the status, or what to do."""
    if reply.status in SUCCESS:
        return None
    told = f"answered {reply.status}, as {title} does not: compare url"
    return f"{connection.url} {causes.get(reply.status, told)}."
