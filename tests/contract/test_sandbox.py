"""The stand-ins agree with the situations that are plain successes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest

from runner.destinations.service import Connection, Reply
from runner.sandbox import Call, Sandbox, batch, braze, dotdigital, stand_ins, voyado
from tests.contract.pushing import push
from tests.contract.situations import SECRET, Situation, all_situations

LATE = 1_772_450_000.0  # hours after the events of the situations


def _batch(connection: Connection) -> Sandbox:
    keys, project = connection.options["app_keys"], connection.options["project_key"]
    return batch.Batch(
        batch.Settings(key=SECRET, app_keys=tuple(keys), project_key=project, clock=lambda: LATE)
    )


def _voyado(_: Connection) -> Sandbox:
    made = voyado.Voyado(voyado.Settings(key=SECRET))
    made.state.set(made.state.create(), "email", "ana+1@example.org")
    return made


def _dotdigital(connection: Connection) -> Sandbox:
    fields = {"FIRSTNAME": "String", "LTV": "Numeric", "LAST_ORDER": "Date", "VIP": "Boolean"}
    settings = dotdigital.Settings(key=SECRET, user=connection.secrets["api_user"], fields=fields)
    made = dotdigital.Dotdigital(settings)
    made.state.contacts[90_210] = dotdigital.Contact(id=90_210)
    for name in ("others", "VIPs"):
        made.state.make_book(name)
    return made


MADE: Mapping[str, Callable[[Connection], Sandbox]] = {
    "batch": _batch,
    "braze": lambda _: braze.Braze(braze.Settings(keys={SECRET: braze.PERMISSIONS})),
    "dotdigital": _dotdigital,
    "voyado": _voyado,
}
SITUATIONS = [each for each in all_situations() if each.platform.name in MADE and each.succeeds]


def test_every_stand_in_is_held_against_situations() -> None:
    """A platform with a stand-in stands above, and some of its situations are played."""
    assert set(stand_ins()) == set(MADE) == {each.platform.name for each in SITUATIONS}


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: str(each.name))
def test_the_sandbox_takes_what_a_situation_sends(situation: Situation) -> None:
    """The rendered requests of a success are a success with the sandbox too."""
    sandbox = MADE[situation.platform.name](situation.connection)
    headers = situation.platform.headers(situation.connection)

    def send(method: str, path: str, own: Mapping[str, str], body: bytes) -> Reply:
        where = urlsplit(path)
        named = {"User-Agent": "tailrace", **headers, **own}
        call = Call(
            method=method,
            path=where.path,
            headers={key.lower(): value for key, value in named.items()},
            query=tuple(parse_qsl(where.query)),
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
