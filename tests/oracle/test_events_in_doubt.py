"""Events of which a run knew something, and another run then sent them again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb

from runner import control, decisions
from runner.sandbox import Fault, Server, serve_in_thread
from runner.sandbox.braze import Braze
from tests.oracle.rules import EventRules
from tests.oracle.world import Activation, World


def _taken(server: Server[Braze]) -> Counter[str]:
    profiles = server.sandbox.state.by_external_id.items()
    return Counter({name: len(profile.events) for name, profile in profiles if profile.events})


def _resolve(world: World, choice: decisions.Choice) -> int:
    with world.warehouse() as warehouse:
        (registration,) = control.registrations(warehouse, world.schema, ["once"])
        return decisions.resolve(warehouse, world.schema, registration, choice)


def test_an_old_refusal_does_not_hide_that_an_event_is_in_doubt(
    tmp_path: Path, project_root: Path
) -> None:
    """Refused above the watermark, sent again as a person wishes, perhaps taken: never twice."""
    (tmp_path / "profiles.yml").write_text(
        f"company: {{target: t, outputs: {{t: {{type: duckdb, path: {tmp_path}/company.duckdb}}}}}}"
    )
    duckdb.connect(str(tmp_path / "company.duckdb")).close()
    with serve_in_thread(Braze()) as server:
        rules = EventRules(in_doubt="hold")
        settings = {"event_name": "bought"}
        once = Activation(
            name="once", service="braze.events", rules=rules, server=server, settings=settings
        )
        world = World(tmp_path, project_root, [once])
        world.events = [
            (f"e{number}", f"u{number}", "2026-01-01 00:00:00") for number in (1, 2, 3, 4)
        ]
        world.build()
        # The first page is not answered, the second one is refused.
        server.sandbox.refuse({f"u{number}": "NOT_NOW" for number in (1, 2, 3, 4)})
        server.sandbox.faults.plan([Fault(kind="silence", seconds=0.5)])
        world.push(once)
        server.sandbox.refuse({})
        assert _resolve(world, "resend") == 2
        # Again no answer to the first page; the second one is taken, and no refusal says so.
        server.sandbox.faults.plan([Fault(kind="silence", seconds=0.5, processed=True)])
        world.push(once)
        server.sandbox.faults.clear()
        _resolve(world, "skip")
        world.build()
        world.push(once)
        assert set(_taken(server).values()) == {1}, _taken(server)
