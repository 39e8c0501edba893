"""What stands in the way of a push, as `status`, `plan` and the decisions tell it."""

from __future__ import annotations

import json
import re

import pytest

from runner.warehouse import Warehouse
from runner.watermarks import mark_sending
from tests.support.commands import Run
from tests.support.warehouses import SCHEMA, Built, built

EVENTS: dict[str, object] = {"sync_mode": "incremental", "service": "events"}
REMOVED: dict[str, object] = {"removed_at": "2026-03-01 09:30:00"}
NOT_PUSHED = "The project no longer has braze_vips: no push sends it until its model is back.\n"
DECIDE = "decide with runner resolve braze_vips --resend or --skip"


@pytest.mark.parametrize("command", ["status", "plan"])
def test_a_build_that_has_it_is_told(run: Run, warehouse: Warehouse, command: str) -> None:
    """Since when, and what to do if that run of dbt was killed: nobody takes over from it."""
    lease = {"lease_holder": "build 1", "lease_heartbeat_at": "2026-03-01 09:30:00"}
    Built(values=dict(lease)).build(warehouse)
    code, out, _ = run(command)
    assert code == 0
    line = "since 2026-03-01T09:30:00Z; if that run of dbt died, build braze_vips again\n"
    assert f"  building  {line}" in out
    (known,) = json.loads(run(command, "--json")[1])["activations"]
    assert known["building_since"] == "2026-03-01T09:30:00Z"
    Built(values={**lease, "lease_holder": "run-1"}).build(warehouse)
    assert "building" not in run(command)[1]


@pytest.mark.parametrize("command", ["status", "plan"])
@pytest.mark.parametrize(
    ("policy", "end"),
    [
        ("hold", DECIDE),
        ("resend", "the next push sends them again (in_doubt: resend)"),
        ("skip", "the next push counts them as settled (in_doubt: skip)"),
    ],
)
def test_what_becomes_of_events_in_doubt_is_told(
    run: Run, warehouse: Warehouse, command: str, policy: str, end: str
) -> None:
    """By the choice that the activation made; a person is asked only where it made none."""
    one = built(warehouse, values=EVENTS, settings={"in_doubt": policy})
    assert "in doubt" not in run(command)[1]
    mark_sending(warehouse, SCHEMA, one, "run-1", 0, 4)
    assert f"  in doubt  4 events may or may not have arrived; {end}\n" in run(command)[1]
    (known,) = json.loads(run(command, "--json")[1])["activations"]
    assert (known["rows_in_doubt"], known["in_doubt_policy"]) == (4, policy)
    table = SCHEMA.table(warehouse, "tailrace_activations")
    live = f"set lease_holder = 'run-1', lease_heartbeat_at = {warehouse.now}"
    warehouse.execute(f"update {table} {live}")
    assert "in doubt" not in run(command)[1], "what is on its way is not in doubt yet"


def test_events_that_an_earlier_build_held_back_wait_for_a_person(
    run: Run, warehouse: Warehouse
) -> None:
    """Whatever was chosen since."""
    one = built(warehouse, values=EVENTS, settings={"in_doubt": "resend"})
    warehouse.execute(
        f"insert into {one.synced_state(warehouse)} (_record_key, _status, _sent_to) "
        "values ('e-1', 'in_doubt', 'braze_eu/users')"
    )
    assert f"1 event may or may not have arrived; {DECIDE}" in run("status")[1]


def test_one_doubt_is_resolved_in_one_way(run: Run, warehouse: Warehouse) -> None:
    """Both options, as none, are a mistake, and change nothing."""
    one = built(warehouse, values=EVENTS)
    mark_sending(warehouse, SCHEMA, one, "run-1", 0, 4)
    for options in ([], ["--skip", "--resend"], ["--resend", "--skip"]):
        code, out, err = run("resolve", "braze_vips", *options)
        assert (code, out) == (2, "")
        assert "Say either --resend (some may arrive twice) or --skip" in err
    assert "4 events may or may not" in run("status")[1]


def test_resolving_after_a_death_tells_why_it_waits(
    run: Run, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody looks at a silent terminal for half a minute."""
    monkeypatch.setattr("runner.lease.sleep", lambda _: None)
    lease = {"lease_holder": "run-1", "lease_heartbeat_at": "2026-03-01 09:30:00"}
    Built(values={**EVENTS, **lease}).build(warehouse)
    code, _, err = run("resolve", "braze_vips", "--skip")
    assert code == 0
    assert "run run-1 seems to have died; waiting 30 s" in err


@pytest.mark.parametrize("command", ["status", "plan", "push", "forget"])
def test_another_table_of_that_name_is_told(run: Run, warehouse: Warehouse, command: str) -> None:
    """With the activation and the cure, and without hiding the others."""
    for name in ("braze_vips", "crm_vips"):
        Built(name=name).build(warehouse)
    warehouse.execute("drop table marketing.braze_vips")
    warehouse.execute("create table marketing.braze_vips as select 1 as id")
    options = ["braze_vips", "--key", "1"] if command == "forget" else []
    code, out, err = run(command, *options)
    assert code == 2
    assert (
        'braze_vips: the table "marketing"."braze_vips" is not its delta, as columns of this '
        "package are missing: rename it if anybody needs it, then build braze_vips again (dbt "
        "build --select braze_vips)."
    ) in out + err
    assert ("crm_vips -> braze_eu" in out) == (command in {"status", "plan"})


def test_a_table_that_cannot_be_read_names_its_activation(run: Run, warehouse: Warehouse) -> None:
    """Which of many it is that the warehouse refuses."""
    Built().build(warehouse)
    warehouse.execute("alter table marketing.tailrace_watermarks drop column sending")
    for command in ("status", "plan"):
        code, _, err = run(command)
        assert code == 4
        assert err.startswith("Error: braze_vips: DuckDB refused a statement")


def test_forgetting_needs_the_synced_state(run: Run, warehouse: Warehouse) -> None:
    """What it holds of the key could not be removed."""
    Built().build(warehouse)
    warehouse.execute("drop table marketing.braze_vips__synced")
    code, _, err = run("forget", "braze_vips", "--key", "key-0-1")
    assert code == 2
    assert 'braze_vips: its synced state "marketing"."braze_vips__synced" does not exist' in err
    assert "dbt build --select braze_vips" in err


@pytest.mark.parametrize("command", ["status", "plan", "pause", "resume"])
def test_control_tables_of_an_older_version_are_told(
    run: Run, warehouse: Warehouse, command: str
) -> None:
    """The next dbt build makes what is missing."""
    Built().build(warehouse)
    warehouse.execute("drop table marketing.tailrace_circuits")
    code, out, err = run(command, "braze_vips")
    assert code == 2
    assert "braze_vips: the control table tailrace_circuits does not exist" in out + err
    assert "run dbt build first" in out + err


def test_decisions_promise_no_push_of_what_was_removed(run: Run, warehouse: Warehouse) -> None:
    """They are recorded; what was left out of the project is not sent for it."""
    held = {**EVENTS, **REMOVED, "hold_reason": "the model is empty"}
    one = built(warehouse, values=held)
    mark_sending(warehouse, SCHEMA, one, "run-1", 0, 4)
    for command, *options in (["approve"], ["pause"], ["resume"], ["resolve", "--resend"]):
        code, out, _ = run(command, "braze_vips", *options)
        assert code == 0
        assert out.endswith(NOT_PUSHED)
        assert not re.search("next runner push", out)
