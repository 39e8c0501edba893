"""The commands, over a small warehouse: what they say, and the exit code they say it with."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from runner.cli import main
from runner.commands import push as push_command
from runner.control import Registration
from runner.destinations.service import Reply
from runner.errors import ExitCode, UnavailableError
from runner.report import Reporter, RunResult
from runner.warehouse import Warehouse, connect
from runner.watermarks import mark_sending, settle
from tests.support.warehouses import (
    SCHEMA,
    Built,
    all_rows,
    built,
    create_control_tables,
    duckdb_profile,
    refused,
)

EVENTS = {"sync_mode": "incremental", "service": "events"}
DESTINATIONS = "braze_eu: {platform: braze, url: 'https://rest.test.braze.eu', api_key: k-123456}\n"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Leave the process's handlers as they were."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with profiles, destinations, a database, and no dbt project."""
    for name in ("DBT_PROFILES_DIR", "DBT_PROJECT_DIR", "DBT_PROFILE", "DBT_TARGET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    duckdb_profile(tmp_path)
    (tmp_path / "destinations.yml").write_text(DESTINATIONS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def warehouse(folder: Path) -> Iterator[Warehouse]:
    """Open the database beside the runner, in the same process."""
    from runner.profiles import load

    with closing(connect(load(profiles_dir=folder))) as connection:
        create_control_tables(connection)
        yield connection


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the runner: exit code, stdout, stderr."""

    def runner(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return int(ended.value.code or 0), out, err

    return runner


def test_help_costs_nothing() -> None:
    """Neither dbt nor a driver nor an HTTP library is loaded to show help."""
    heavy = "{'dbt', 'duckdb', 'psycopg2', 'requests', 'jinja2', 'rich', 'starlette'}"
    program = (
        f"import sys\nfrom runner.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        f"assert not {heavy} & set(sys.modules), sorted({heavy} & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    commands = ("push", "plan", "status", "approve", "resolve", "check", "services", "sandbox")
    assert all(command in done.stdout for command in commands)


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
    values = {"resting_rows": 4, "late_rows": 3, "warnings": "1 duplicate key", "model_rows": 9}
    registration = built(warehouse, invalid=2, values=values)
    settle(warehouse, SCHEMA, registration, "run-1", 0, 2, [])
    code, out, _ = run("plan", "braze_*")
    assert code == 0
    assert "5 insert; 2 of 5 settled" in out
    assert "2 duplicate key" in out
    assert "4 rows, refused too often" in out
    assert "3 events older" in out
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
        assert "40 % of the synced state" in out
        assert "runner approve braze_vips" in out
    code, out, _ = run("approve", "braze_vips")
    assert code == 0
    assert "5 insert" in out
    assert "approved  by" in run("plan")[1]
    assert "held" not in run("status")[1]


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
    assert document["rejected"] == [{"code": "400", "reason": "no such user", "rows": 2}]


def test_events_in_doubt_are_shown_and_resolved(run: Run, warehouse: Warehouse) -> None:
    """Rows in doubt wait for a person, who must choose."""
    registration = built(warehouse, values=EVENTS)
    mark_sending(warehouse, SCHEMA, registration, "run-1", 0, 4)
    assert "4 events may or may not have arrived" in run("status")[1]
    assert run("resolve", "braze_vips")[0] == 2
    code, out, _ = run("resolve", "braze_vips", "--skip")
    assert (code, out) == (0, "braze_vips: 4 events in doubt will not be sent again.\n")
    assert "in doubt" not in run("status")[1]
    assert all_rows(warehouse, "tailrace_activations", "lease_holder") == [(None,)]


def test_records_are_never_in_doubt(run: Run, warehouse: Warehouse) -> None:
    """Resolving an activation of records is a mistake with a cure."""
    Built().build(warehouse)
    code, _, err = run("resolve", "braze_vips", "--resend")
    assert code == 2
    assert "push it again" in err


class Pushes:
    """Stands for the send loop; knows how each activation ends."""

    def __init__(self, **endings: RunResult | Exception) -> None:
        self.endings = endings
        self.pushed: list[str] = []
        self.options: dict[str, object] = {}

    def __call__(self, *place: object, **options: object) -> RunResult:
        registration, reporter = place[2], place[6]
        assert isinstance(registration, Registration)
        name = registration.activation_name
        self.pushed.append(name)
        self.options = options
        ending = self.endings.get(name, RunResult(status="done"))
        if isinstance(ending, Exception):
            raise ending
        finished: Reporter = reporter  # type: ignore[assignment]
        finished.finished(ending)
        return ending


def ending(code: ExitCode) -> RunResult:
    """A run that ended with that code."""
    return RunResult(status="failed", message="it says why.", exit_code=code)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((0, 1, 0), 1),
        ((1, 3, 1), 3),
        ((3, 4, 0), 4),
        ((4, 3, 1), 4),
        ((2, 1, 0), 2),
        ((0, 0, 0), 0),
    ],
)
def test_the_worst_activation_decides_the_exit_code(
    run: Run,
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    codes: tuple[int, int, int],
    expected: int,
) -> None:
    """All are pushed, also after one that failed, and the gravest code is the process's."""
    for name in "abc":
        Built(name=name).build(warehouse)
    endings = {
        name: ending(ExitCode(code)) for name, code in zip("abc", codes, strict=True) if code
    }
    pushes = Pushes(**endings)
    monkeypatch.setattr(push_command, "push_activation", pushes)
    assert run("push", "--limit", "7")[0] == expected
    assert pushes.pushed == ["a", "b", "c"]
    assert pushes.options == {"limit": 7, "dry_run": False}


def test_an_error_stops_one_activation_only(
    run: Run, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that the loop did not turn into a result is told and does not stop the others."""
    for name in "ab":
        Built(name=name).build(warehouse)
    pushes = Pushes(a=UnavailableError("Braze cannot be reached."))
    monkeypatch.setattr(push_command, "push_activation", pushes)
    code, out, err = run("push", "--json")
    assert (code, err) == (4, "")
    assert pushes.pushed == ["a", "b"]
    assert [json.loads(line)["exit_code"] for line in out.splitlines()] == [4, 0]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"values": {"destination": "braze_us"}}, "did you mean braze_eu"),
        ({"values": {"service": "user"}}, "did you mean braze.users"),
        ({"values": {"service": "crm.users"}}, "has no service crm.users"),
        ({"values": {"sync_mode": "incremental"}}, "does not offer sync mode incremental"),
        ({"settings": {"identifiers": {"external_ids": "id"}}}, "no identifier external_ids"),
        ({"settings": {"settings": {"merge_object": True}}}, "did you mean merge_objects"),
        ({"values": EVENTS}, "needs the attribute time"),
        (
            {"values": {"service": "subscription_status", "sync_mode": "membership"}},
            "subscription_group_id",
        ),
        ({"settings": {"attributes": {"braze_id": "id"}}}, "braze_id"),
    ],
)
def test_a_mistake_in_one_mapping_stops_all_before_anything_is_sent(
    run: Run,
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, object],
    sentence: str,
) -> None:
    """A configuration error is found for every chosen activation first, and ends with 2."""
    Built(name="a_good").build(warehouse)
    Built(name="b_bad", **changes).build(warehouse)  # type: ignore[arg-type]
    pushes = Pushes()
    monkeypatch.setattr(push_command, "push_activation", pushes)
    code, _, err = run("push")
    assert code == 2
    assert pushes.pushed == []
    assert "b_bad: " in err
    assert sentence in err
    assert run("push", "a_good")[0] == 0


def test_all_mistakes_are_told_at_once(run: Run, warehouse: Warehouse) -> None:
    """Two wrong activations give two sentences."""
    for name in "ab":
        Built(name=name, values={"destination": "nowhere"}).build(warehouse)
    err = run("push")[2]
    assert "a: " in err
    assert "b: " in err
    assert len(err.splitlines()) == 2


def test_stopping_ends_with_130(
    run: Run, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C and a polite kill end the run cleanly."""
    Built().build(warehouse)

    def killed(*_: object, **__: object) -> RunResult:
        signal.raise_signal(signal.SIGTERM)
        return RunResult(status="done")

    monkeypatch.setattr(push_command, "push_activation", killed)
    code, _, err = run("push")
    assert code == 130
    assert "the same command goes on" in err


def test_check_is_one_line_a_connection(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A good key ends with 0, a refused one with 4, a mistake in the file with 2."""
    from runner.commands import check as check_command

    reply = Reply(status=201, headers={}, body=b'{"message": "success", "users": []}')
    monkeypatch.setattr(check_command, "call", lambda *_: reply)
    code, out, err = run("check")
    assert (code, err) == (0, "")
    assert out == "braze_eu: Braze at https://rest.test.braze.eu accepts this key.\n"
    refusal = Reply(status=401, headers={}, body=b'{"message": "Invalid API key"}')
    monkeypatch.setattr(check_command, "call", lambda *_: refusal)
    code, out, err = run("check", "braze_eu")
    assert (code, out) == (4, "")
    assert err.startswith("braze_eu: ")
    assert "k-123456" not in err
    document = json.loads(run("check", "--json")[1])
    assert document["connections"][0]["ok"] is False
    assert run("check", "braze_us")[0] == 2


def test_services_lists_all_there_are(run: Run) -> None:
    """The catalogue is complete, for people and for programs."""
    from runner.destinations import platforms

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
