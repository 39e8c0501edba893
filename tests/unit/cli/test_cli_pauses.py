"""Pauses, retries, doubts and removed activations at the command line."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from runner import probing
from runner.circuit import counted
from runner.commands import status as status_command
from runner.destinations.service import Reply
from runner.errors import UnavailableError
from runner.report import RunResult
from runner.runs import finish_run, start_run
from runner.warehouse import Warehouse
from runner.watermarks import mark_sending, settle
from tests.support.commands import Run
from tests.support.warehouses import SCHEMA, Built, all_rows, built, refused

EVENTS: dict[str, object] = {"sync_mode": "incremental", "service": "events"}
REMOVED: dict[str, object] = {"removed_at": "2026-03-01 09:30:00"}
FAILED = RunResult(status="failed", cause="tls", message="braze_vips: TLS failed.")
NOW = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def test_a_person_pauses_and_resumes(run: Run, warehouse: Warehouse) -> None:
    """Each command says what follows, the status who paused, and a push that it sends nothing."""
    Built().build(warehouse)
    code, out, _ = run("pause", "braze_vips")
    assert code == 0
    said = rf"braze_vips is paused since {NOW} by \S+@\S+: pushes send nothing until runner resume "
    assert re.fullmatch(said + r"braze_vips\.\n", out)
    state = run("status")[1]
    assert re.search(rf"  paused    since {NOW} by \S+@\S+\n  +to go on: runner resume ", state)
    assert "failures" not in state
    assert re.search(rf"  paused    since {NOW} by \S+; runner status braze_vips", run("plan")[1])
    code, out, err = run("push")
    assert code == 3
    assert "braze_vips -> braze_eu: paused; 0 inserted" in out
    assert "runner resume braze_vips ends that" in err
    document = json.loads(run("pause", "braze_vips", "--json")[1])
    assert set(document) == {"activation", "paused_by", "paused_at"}
    code, out, _ = run("resume", "braze_vips")
    assert re.fullmatch(rf"braze_vips, paused since {NOW} by .* sends again\.\n", out)
    code, _, err = run("resume", "braze_vips")
    assert code == 2
    assert "braze_vips is not paused: there is nothing to resume" in err
    run("pause", "braze_vips")
    assert "was_paused_by" in json.loads(run("resume", "braze_vips", "--json")[1])


def test_a_pause_lets_a_running_push_end(run: Run, warehouse: Warehouse) -> None:
    """And says so."""
    registration = built(warehouse, values={"lease_holder": "run-1"})
    table = SCHEMA.table(warehouse, "tailrace_activations")
    warehouse.execute(f"update {table} set lease_heartbeat_at = {warehouse.now}")
    assert "The push that runs now goes on to its end." in run("pause", "braze_vips")[1]
    assert registration.lease_holder == "run-1"


def test_status_tells_failures_and_the_pause_they_lead_to(run: Run, warehouse: Warehouse) -> None:
    """First how many in a row and why, then since when it is paused, and what ends that."""
    place = (warehouse, SCHEMA, built(warehouse))
    for _ in range(2):
        counted(*place, FAILED, 3)
    out = run("status")[1]
    assert "  failures  2 in a row (tls): TLS failed.\n" in out
    assert "paused" not in out
    counted(*place, FAILED, 3)
    out = run("status")[1]
    assert re.search(
        rf"  paused    since {NOW} by tailrace\n  failures  3 in a row \(tls\): TLS failed\.\n"
        r" +it resumes by itself when the cause is gone; at once: runner resume braze_vips\n",
        out,
    )
    start_run(*place, "run-9")
    finish_run(*place, "run-9", replace(FAILED, cause="paused", status="paused"))
    out = run("status")[1]
    assert re.search(rf"last run  paused at {NOW}; nothing sent\n", out)
    assert out.count("TLS failed") == 1, "the last run repeats what the lines below it say"
    document = json.loads(run("status", "--json")[1])["activations"][0]
    assert (document["failures"], document["failure_cause"]) == (3, "tls")
    assert document["failure_reason"] == "TLS failed."
    assert (document["paused_by"], document["resumes_itself"]) == ("tailrace", True)
    assert re.fullmatch(NOW, document["paused_at"])


def test_a_paused_activation_stops_no_other(
    run: Run, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are pushed, and the exit code tells of the one."""
    registration = built(warehouse)
    Built(name="empty", shards=()).build(warehouse)
    for _ in range(5):
        counted(warehouse, SCHEMA, registration, FAILED, 5)
    refusal = Reply(status=401, headers={}, body=b'{"message": "Invalid API key"}')
    monkeypatch.setattr(probing, "call", lambda *_: refusal)
    code, out, _ = run("push", "--json")
    ends = [json.loads(line) for line in out.splitlines() if '"finished"' in line]
    assert [(end["status"], end["cause"]) for end in ends] == [("paused", "paused"), ("done", None)]
    assert code == 3


def test_a_killed_run_is_told(run: Run, warehouse: Warehouse) -> None:
    """One with a lease that nobody keeps is said to be silent; one without it died."""
    registration = built(warehouse, values={"lease_holder": "run-1"})
    start_run(warehouse, SCHEMA, registration, "run-1")
    assert re.search(rf"last run  running since {NOW}, without a sign of life", run("status")[1])
    assert all_rows(warehouse, "tailrace_runs", "status") == [("running",)]
    table = SCHEMA.table(warehouse, "tailrace_activations")
    warehouse.execute(f"update {table} set lease_holder = null")
    out = run("status")[1]
    assert re.search(
        rf"last run  died at {NOW}\n  failures  1 in a row \(died\): the run died: ", out
    )
    assert "  failures  1 in a row (died): the run died" in run("status")[1]


def test_who_may_only_read_is_shown_the_status(
    run: Run, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That a death cannot be recorded costs nobody the rest."""
    Built().build(warehouse)

    def forbidden(*_: object) -> None:
        raise UnavailableError("permission denied for table tailrace_runs.")

    monkeypatch.setattr(status_command, "count_dead_runs", forbidden)
    code, out, _ = run("status")
    assert (code, "settled   0 of 5 rows" in out) == (0, True)


def test_resting_rows_are_told_and_tried_again(run: Run, warehouse: Warehouse) -> None:
    """With code, words, attempts and hashed keys; a retry says how many, and what comes next."""
    for number in (1, 2):
        registration = built(
            warehouse, delta_id=f"delta-{number}", settings={"max_attempts": 2}, shards=(30,)
        )
        settle(warehouse, SCHEMA, registration, "run-1", 0, 5, [refused(2), refused(3)][:number])
    out = run("status")[1]
    assert "  rejected  2 rows, 400: no such user (refused up to 2 times)\n" in out
    assert "  resting   1 row until a value changes; to try again: runner retry braze_vips" in out
    assert re.search(r"\n +#[0-9a-f]{12}\n", out)
    assert "key-2" not in out
    assert "            key-2\n" in run("status", "--show-values")[1]
    code, out, _ = run("retry", "braze_vips")
    assert code == 0
    assert out == (
        "braze_vips: 2 refused rows, 1 of which rested, are tried again once dbt build has "
        "planned them: build, then push.\n"
    )
    state = run("status")[1]
    assert "rejected  " not in state
    assert "resting" not in state
    document = json.loads(run("retry", "braze_vips", "--json")[1])
    assert document == {"activation": "braze_vips", "rows": 0, "rested_rows": 0}
    assert "nothing to try again" in run("retry", "braze_vips")[1]


def test_events_in_doubt_are_listed(run: Run, warehouse: Warehouse) -> None:
    """Shard and ordinals, and up to twenty keys, hashed unless values are asked for."""
    registration = built(warehouse, values=EVENTS, shards=(30, 2))
    mark_sending(warehouse, SCHEMA, registration, "run-1", 0, 25)
    mark_sending(warehouse, SCHEMA, registration, "run-1", 1, 2)
    out = run("status")[1]
    assert "shard 0, ordinals 1 to 25\n" in out
    assert "shard 1, ordinals 1 to 2\n" in out
    hashes = re.findall(r"#[0-9a-f]{12}", out)
    assert len(set(hashes)) == 20
    assert " and 7 more\n" in out
    assert "key-0-1" not in out
    assert "key-0-1, key-0-2, " in run("status", "--show-values")[1]
    document = json.loads(run("status", "--json")[1])["activations"][0]
    first = {"shard": 0, "first_ordinal": 1, "last_ordinal": 25}
    assert document["in_doubt"][0] == first
    assert document["keys_in_doubt"] == hashes
    planned = built(warehouse, shards=(1,)).activation_name
    assert f"#{_plan_hash(run, planned)}" == hashes[0]


def _plan_hash(run: Run, name: str) -> str:
    document = json.loads(run("plan", name, "--json")[1])
    return str(document["activations"][0]["sample"][0]["key_hash"])


def test_a_push_leaves_removed_activations_out(run: Run, warehouse: Warehouse) -> None:
    """One line names them; that their delta is gone stops nothing."""
    Built(name="empty", shards=()).build(warehouse)
    for name in ("old_a", "old_b"):
        Built(name=name, values=REMOVED).build(warehouse)
        warehouse.execute(f'drop table "marketing"."{name}"')
    for patterns in ([], ["*"]):
        code, out, err = run("push", *patterns)
        assert code == 0
        assert err == "Left out, since the project no longer has them: old_a, old_b.\n"
        assert "old_" not in out
    events = [json.loads(line) for line in run("push", "--json")[1].splitlines()]
    assert events[0] == {"event": "left_out", "activations": ["old_a", "old_b"]}


def test_a_removed_activation_is_refused_by_name(run: Run, warehouse: Warehouse) -> None:
    """The sentence says what stays and how to go on; the others are pushed."""
    Built(name="empty", shards=()).build(warehouse)
    Built(name="old", values=REMOVED).build(warehouse)
    code, out, err = run("push", "old", "empty")
    assert code == 3
    assert "old -> braze_eu: held" in out
    assert "empty -> braze_eu: done" in out
    assert err == (
        "old was removed from the project shop (2026-03-01T09:30:00Z), so it is not pushed: "
        '"marketing"."old" and its synced state stay, nothing is deleted at braze_eu, and putting '
        "the model back goes on from what was sent.\n"
    )
    assert all_rows(warehouse, "tailrace_runs", "activation") == [("empty",)]


def test_a_new_alias_is_no_removed_activation(run: Run, warehouse: Warehouse) -> None:
    """Its name is that of the one that is there, which is pushed, and decided upon."""
    Built(name="old", values={**REMOVED, "activation": "vips"}).build(warehouse)
    Built(name="new", values={"activation": "vips"}, shards=()).build(warehouse)
    code, out, err = run("push", "vips")
    assert (code, err) == (0, "")
    assert "vips -> braze_eu: done" in out
    assert run("pause", "vips")[0] == 0
    relation = '"marketing"."new"'
    assert all_rows(warehouse, "tailrace_circuits", "relation") == [(relation,)]


@pytest.mark.parametrize("command", ["status", "plan"])
def test_removed_activations_are_listed_at_the_end(
    run: Run, warehouse: Warehouse, command: str
) -> None:
    """In a sentence each, whether their delta is still there or not."""
    for name, values in (("a_gone", REMOVED), ("b_old", REMOVED), ("c_there", {})):
        Built(name=name, values=dict(values)).build(warehouse)
    warehouse.execute('drop table "marketing"."a_gone"')
    code, out, err = run(command)
    assert (code, err) == (0, "")
    there, gone, old = out.split("\n\n")
    assert there.startswith("c_there -> braze_eu")
    assert gone.startswith("a_gone was removed from the project shop (2026-03-01T09:30:00Z)")
    assert old.startswith("b_old was removed from the project shop")
    document = json.loads(run(command, "--json")[1])["activations"]
    assert [each["activation"] for each in document] == ["c_there", "a_gone", "b_old"]
    assert document[1]["removed_at"] == "2026-03-01T09:30:00Z"
