"""The commands, over a small warehouse: what they say, and the exit code they say it with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from runner import probing
from runner.destinations import platforms
from runner.destinations.service import Reply
from runner.errors import UnavailableError
from runner.report import RunResult
from runner.runs import finish_run, start_run
from runner.warehouse import Warehouse
from runner.watermarks import mark_sending, settle
from tests.support.commands import Run
from tests.support.warehouses import SCHEMA, Built, all_rows, built, refused

EVENTS = {"sync_mode": "incremental", "service": "events"}


def test_help_costs_nothing() -> None:
    """Neither dbt nor a driver nor an HTTP library is loaded to show help."""
    heavy = "{'dbt', 'duckdb', 'psycopg2', 'requests', 'jinja2', 'rich', 'starlette'}"
    program = (
        f"import sys\nfrom runner.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        f"assert not {heavy} & set(sys.modules), sorted({heavy} & set(sys.modules))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    commands = ("push", "plan", "status", "approve", "resolve", "check", "services", "sandbox")
    decisions = ("pause", "resume", "retry", "forget")
    assert all(command in done.stdout for command in commands + decisions)


def test_wrong_usage_ends_with_2(run: Run) -> None:
    """An unknown command, option or value is a usage error."""
    for arguments in (["psuh"], ["push", "--limit", "0"], ["plan", "--taget", "x"], ["approve"]):
        assert run(*arguments)[0] == 2


def test_nothing_built_ends_with_2(run: Run) -> None:
    """Before the first dbt build every command says what to do."""
    for arguments in (["plan"], ["status"], ["push"], ["approve", "x"]):
        code, _, err = run(*arguments)
        assert code == 2
        assert "run dbt build first" in err


def test_plan_shows_counts_and_no_persons_data(run: Run, warehouse: Warehouse) -> None:
    """Counts, reasons and attribute names are shown; keys only hashed."""
    counts = {"resting_rows": 4, "late_rows": 3, "waiting_rows": 2, "model_rows": 9}
    values = {**counts, "warnings": "1 duplicate key"}
    registration = built(warehouse, invalid=2, values=values)
    settle(warehouse, SCHEMA, registration, "run-1", 0, 2, [])
    code, out, _ = run("plan", "braze_*")
    assert code == 0
    assert "5 insert; 2 of 5 settled" in out
    assert "2 duplicate key" in out
    assert "4 rows, refused too often" in out
    assert "3 events older" in out
    assert "2 events younger" in out
    assert "warning   1 duplicate key" in out
    assert "first_name" in out
    assert "key-0-1" not in out
    assert "Ada" not in out
    assert out.count("insert    #") == 3


def test_plan_shows_values_only_when_asked(run: Run, warehouse: Warehouse) -> None:
    """With --show-values the sample is as it would be sent."""
    Built().build(warehouse)
    _, out, _ = run("plan", "--show-values", "--sample", "1")
    assert '{"external_id": "key-0-1"} {"first_name": "Ada"}' in out
    document = json.loads(run("plan", "--json", "--sample", "0")[1])
    assert document["activations"][0]["operations"] == {"insert": 5, "update": 0, "delete": 0}
    assert document["activations"][0]["sample"] == []


def test_a_held_delta_is_shown_and_approved(run: Run, warehouse: Warehouse) -> None:
    """Plan and status tell the guard's words and the cure; approve releases it once."""
    Built(values={"hold_reason": "40 % of the synced state would be deleted"}).build(warehouse)
    for command in ("plan", "status"):
        _, out, _ = run(command)
        assert "40 % of the synced state would be deleted\n" in out
        assert "runner approve braze_vips" in out
    code, out, _ = run("approve", "braze_vips")
    assert code == 0
    assert "although 40 % of the synced state would be deleted. The next" in out
    assert "5 insert" in out
    assert "approved  by" in run("plan")[1]
    assert "held" not in run("status")[1]


def test_the_first_approval_counts(run: Run, warehouse: Warehouse) -> None:
    """Who approves a delta again is told who did so before, and when; the record stays."""
    approved = {"approved_by": "ada@laptop", "approved_at": "2026-03-01 09:30:00"}
    Built(values={"hold_reason": "the model is empty", **approved}).build(warehouse)
    code, out, _ = run("approve", "braze_vips")
    assert code == 0
    assert "approved by ada@laptop at 2026-03-01T09:30:00Z already, although" in out
    assert "next runner push" not in out, "it may be sent already"
    document = json.loads(run("approve", "braze_vips", "--json")[1])
    assert document["approved_by"] == "ada@laptop"
    assert document["approved_at"] == "2026-03-01T09:30:00Z"
    assert all_rows(warehouse, "tailrace_activations", "approved_by") == [("ada@laptop",)]


@pytest.mark.parametrize("command", ["plan", "status"])
def test_a_delta_that_is_gone_hides_no_other(run: Run, warehouse: Warehouse, command: str) -> None:
    """One line names what is missing and both cures; the other activations are shown."""
    for name in ("vips_a", "vips_b"):
        Built(name=name).build(warehouse)
    warehouse.execute('drop table "marketing"."vips_a"')
    code, out, err = run(command)
    assert (code, err) == (2, "")
    sentence, _, rest = out.partition("\n\n")
    assert sentence.startswith('vips_a: its delta table "marketing"."vips_a" does not exist')
    assert "dbt build --select vips_a" in sentence
    cure = """delete from tailrace_activations where relation = '"marketing"."vips_a"'"""
    assert cure in sentence
    assert rest.startswith("vips_b -> braze_eu")
    gone, there = json.loads(run(command, "--json")[1])["activations"]
    assert gone == {"activation": "vips_a", "error": sentence}
    assert there["activation"] == "vips_b"


def test_one_is_not_many(run: Run, warehouse: Warehouse) -> None:
    """A count of one stands with a noun of one."""
    values = {"resting_rows": 1, "late_rows": 1, **EVENTS}
    registration = built(warehouse, shards=(1,), values=values)
    out = run("plan")[1]
    for words in ("1 row; 0 synced", "1 row, refused too often", "1 event older"):
        assert words in out
    mark_sending(warehouse, SCHEMA, registration, "run-1", 0, 1)
    start_run(warehouse, SCHEMA, registration, "run-1")
    result = RunResult(status="failed", requests=1, retries=1)
    finish_run(warehouse, SCHEMA, registration, "run-1", result)
    out = run("status")[1]
    for words in ("0 of 1 row\n", "1 event may", "1 request · 1 retry\n"):
        assert words in out
    assert "1 event in doubt will be sent again" in run("resolve", "braze_vips", "--resend")[1]


def test_the_plan_of_a_baseline_sends_nothing(run: Run, warehouse: Warehouse) -> None:
    """A baseline's rows are shown as synced, not as rows to send."""
    Built(values={"run_type": "baseline"}).build(warehouse)
    _, out, _ = run("plan")
    assert "to send   nothing; 5 rows will count as synced from the next build on" in out


def test_one_decision_is_for_one_activation(run: Run, warehouse: Warehouse) -> None:
    """A glob that means several approves none."""
    for name in ("vips_a", "vips_b"):
        Built(name=name, values={"hold_reason": "the model is empty"}).build(warehouse)
    code, _, err = run("approve", "vips_*")
    assert code == 2
    assert "vips_a, vips_b" in err
    assert all_rows(warehouse, "tailrace_activations", "approved_by") == [(None,), (None,)]


def test_status_tells_the_last_run_and_open_refusals(run: Run, warehouse: Warehouse) -> None:
    """How far it is, what was refused and why, is on one screen."""
    registration = built(warehouse)
    assert "never pushed" in run("status")[1]
    settle(warehouse, SCHEMA, registration, "run-1", 0, 5, [refused(2), refused(3)])
    _, out, _ = run("status")
    assert "5 of 5 rows" in out
    assert "2 rows, 400: no such user" in out
    document = json.loads(run("status", "--json")[1])["activations"][0]
    counts = {"rows": 2, "attempts": 1, "resting_rows": 0}
    assert document["rejected"] == [{"code": "400", "reason": "no such user", **counts}]


def test_events_in_doubt_are_shown_and_resolved(run: Run, warehouse: Warehouse) -> None:
    """Rows in doubt wait for a person, who must choose."""
    registration = built(warehouse, values=EVENTS)
    mark_sending(warehouse, SCHEMA, registration, "run-1", 0, 4)
    assert "4 events may or may not have arrived" in run("status")[1]
    assert run("resolve", "braze_vips")[0] == 2
    code, out, _ = run("resolve", "braze_vips", "--skip")
    assert (code, out) == (0, "braze_vips: 4 events in doubt will not be sent again.\n")
    assert "in doubt" not in run("status")[1]
    assert "no event is in doubt" in run("resolve", "braze_vips", "--resend")[1]
    assert all_rows(warehouse, "tailrace_activations", "lease_holder") == [(None,)]


def test_records_are_never_in_doubt(run: Run, warehouse: Warehouse) -> None:
    """Resolving an activation of records is a mistake with a cure."""
    Built().build(warehouse)
    code, _, err = run("resolve", "braze_vips", "--resend")
    assert code == 2
    assert "push it again" in err


def test_check_is_one_line_a_connection(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A good key ends with 0, a refused one with 4, a mistake in the file with 2."""
    reply = Reply(status=201, headers={}, body=b'{"message": "success", "users": []}')
    monkeypatch.setattr(probing, "call", lambda *_: reply)
    code, out, err = run("check")
    assert (code, err) == (0, "")
    assert out == "braze_eu: Braze at https://rest.test.braze.eu accepts this key.\n"
    refusal = Reply(status=401, headers={}, body=b'{"message": "Invalid API key"}')
    monkeypatch.setattr(probing, "call", lambda *_: refusal)
    code, out, err = run("check", "braze_eu")
    assert (code, out) == (4, "")
    assert err.startswith("braze_eu: ")
    assert "k-123456" not in err
    document = json.loads(run("check", "--json")[1])
    assert document["connections"][0]["ok"] is False
    assert run("check", "braze_us")[0] == 2


@pytest.mark.parametrize(
    ("first", "second", "code"), [(401, 400, 0), (403, 400, 0), (403, 401, 4), (401, None, 4)]
)
def test_check_accepts_a_key_that_lacks_only_the_permission_to_check(
    run: Run, monkeypatch: pytest.MonkeyPatch, first: int, second: int | None, code: int
) -> None:
    """After a 401 or 403 another call may prove the key; else the first one's sentence stands."""
    paths: list[str] = []

    def answer(*call: object) -> Reply:
        paths.append(str(call[3]))
        status = first if len(paths) == 1 else second
        if status is None:
            raise UnavailableError("braze_eu cannot be reached.")
        return Reply(status=status, headers={}, body=b'{"message": "no"}')

    monkeypatch.setattr(probing, "call", answer)
    ended, out, err = run("check")
    assert paths == ["/users/export/ids", "/users/track"]
    assert ended == code
    assert ("accepts this key" in out) == (code == 0)
    assert ("users.export.ids" in err) == (code == 4)


def test_check_makes_no_second_call_after_another_failure(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that fails has said nothing about the key."""
    paths: list[str] = []

    def answer(*call: object) -> Reply:
        paths.append(str(call[3]))
        return Reply(status=500, headers={}, body=b"")

    monkeypatch.setattr(probing, "call", answer)
    assert run("check")[0] == 4
    assert paths == ["/users/export/ids"]


def test_services_lists_all_there_are(run: Run) -> None:
    """The catalogue is complete, for people and for programs."""
    names = [service.name for each in platforms().values() for service in each.services]
    _, out, _ = run("services")
    assert all(f"{name}: " in out for name in names)
    document = json.loads(run("services", "--json")[1])
    assert [service["name"] for service in document["services"]] == names


def test_the_sandbox_says_what_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its extra the sandbox names the way to install it."""
    for name in [name for name in sys.modules if name.startswith("runner.sandbox")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.setitem(sys.modules, "starlette", None)
    code, _, err = run("sandbox")
    assert code == 2
    assert "pip install 'tailrace[sandbox]'" in err


def test_an_outsider_cannot_reach_the_sandbox(run: Run) -> None:
    """An address that others reach is refused in one sentence."""
    code, _, err = run("sandbox", "--host", "192.0.2.1", "--port", "0")
    assert code == 2
    assert "loopback" in err
