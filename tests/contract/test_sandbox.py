"""The stand-in for Braze agrees with the situations that are plain successes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from runner.destinations.service import Reply
from runner.sandbox import Call, Sandbox, Settings
from runner.sandbox.sandbox import PERMISSIONS
from tests.contract.pushing import push
from tests.contract.situations import SECRET, Situation, all_situations

SITUATIONS = [each for each in all_situations() if each.platform.name == "braze" and each.succeeds]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: str(each.name))
def test_the_sandbox_takes_what_a_situation_sends(situation: Situation) -> None:
    """The rendered requests of a success are a success with the sandbox too."""
    sandbox = Sandbox(Settings(keys={SECRET: PERMISSIONS}))
    headers = situation.platform.headers(situation.connection)

    def send(method: str, path: str, own: Mapping[str, str], body: bytes) -> Reply:
        call = Call(
            method=method,
            path=path,
            headers={key.lower(): value for key, value in {**headers, **own}.items()},
            body=body,
        )
        answer = sandbox.handle(call)
        return Reply(status=answer.status, headers=answer.headers, body=answer.body)

    outcomes = push(
        situation.platform,
        situation.service,
        situation.activation,
        situation.connection,
        situation.rows,
        send,
    )
    assert [outcomes[row.ordinal] for row in situation.rows] == list(situation.outcomes)
