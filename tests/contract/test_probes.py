"""What holds for the probe of every platform that is reached by HTTP."""

from __future__ import annotations

import pytest

from runner.destinations import platforms
from runner.destinations.service import Platform, Reply
from tests.contract.situations import SECRET, connection_to

REACHED = [each for each in platforms().values() if not each.schemes]


def _reply(status: int, body: bytes = b"{}") -> Reply:
    return Reply(status=status, headers={}, body=body)


@pytest.mark.parametrize("platform", REACHED, ids=lambda each: str(each.name))
def test_a_refused_key_and_a_strange_server_are_told(platform: Platform) -> None:
    """One sentence that names the address and no secret; nothing else proves a connection."""
    connection = connection_to(platform)
    probe = platform.probe(connection)
    assert probe.path.startswith("/")
    refused = [_reply(401), _reply(403)]
    # An endpoint of the user's own may answer a probe as it likes.
    strange = [] if platform.name == "http" else [_reply(302), _reply(404, b"<"), _reply(500)]
    for reply in refused + strange:
        told = probe.explain(reply, connection)
        assert told, f"{reply.status} proves nothing"
        assert connection.url in told
        assert told.endswith(".")
        assert SECRET not in told


@pytest.mark.parametrize("platform", REACHED, ids=lambda each: str(each.name))
def test_a_plain_success_proves_the_connection(platform: Platform) -> None:
    """Whatever else the platform reads in it."""
    connection = connection_to(platform)
    probe = platform.probe(connection)
    assert probe.explain(_reply(200, b'{"message": "success"}'), connection) is None
