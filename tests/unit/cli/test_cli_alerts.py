"""Alerts as commands tell them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.cli import main
from runner.commands import push as push_command
from runner.errors import ExitCode, UnavailableError
from runner.report import RunResult
from runner.warehouse import Warehouse
from tests.support.alerts import Hook
from tests.support.commands import Run
from tests.support.destination import serving
from tests.support.warehouses import Built, all_rows


@pytest.fixture
def hook(folder: Path) -> Iterator[Hook]:
    """A webhook that the destinations file names."""
    hook = Hook()
    with serving(hook):
        with (folder / "destinations.yml").open("a", encoding="utf-8") as file:
            file.write(f"alerts:\n  ops:\n    type: webhook\n    url: {hook.url}/hook\n")
        yield hook


def told(hook: Hook) -> list[tuple[str, list[str]]]:
    """Activations and states that the webhook was told of."""
    found = [json.loads(request.body) for request in hook.requests]
    return [(one["activation"], one["states"]) for one in found]


def test_each_push_is_told(
    run: Run, warehouse: Warehouse, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether its end is a result or an error; the exit code is that of the pushes."""
    for name in "abc":
        Built(name=name).build(warehouse)
    ends: Iterator[RunResult | Exception] = iter(
        [
            RunResult(status="failed", cause="tls", exit_code=ExitCode.UNAVAILABLE),
            UnavailableError("It cannot be reached."),
            RunResult(status="done"),
        ]
    )

    def pushed(*_: object, **__: object) -> RunResult:
        end = next(ends)
        if isinstance(end, Exception):
            raise end
        return end

    monkeypatch.setattr(push_command, "push_activation", pushed)
    code, _, err = run("push", "--json")
    assert (code, err) == (4, "")
    assert told(hook) == [("a", ["failed"]), ("b", ["failed"])]
    assert all_rows(warehouse, "tailrace_alerts", "activation, channel, state") == [
        ("a", "ops", "failed: tls"),
        ("b", "ops", "failed: warehouse"),
    ]


def test_a_fault_of_the_program_is_told(
    warehouse: Warehouse,
    hook: Hook,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As any failure, without its words; where it happened is on stderr, and others are pushed."""
    for name in "ab":
        Built(name=name).build(warehouse)
    ends: Iterator[RunResult | None] = iter([None, RunResult(status="done")])

    def pushed(*_: object, **__: object) -> RunResult:
        end = next(ends)
        if end is None:
            raise ZeroDivisionError("planted")
        return end

    monkeypatch.setattr(push_command, "push_activation", pushed)
    with pytest.raises(SystemExit) as ended:
        main(["push", "--json"])
    assert ended.value.code == 4
    out, err = capsys.readouterr()
    assert err.startswith("Traceback")
    assert json.loads(out)["cause"] == "fault"
    assert told(hook) == [("a", ["failed"])]
    document = json.loads(hook.requests[0].body)
    assert "failed: the run broke off on a fault of the runner (ZeroDivi" in document["message"]
    assert "planted" not in document["message"]
    assert all_rows(warehouse, "tailrace_alerts", "state") == [("failed: fault",)]


def test_a_mapping_that_does_not_fit_is_told(
    run: Run, warehouse: Warehouse, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its push failed before it began; nothing is said of those that it kept from beginning."""
    Built(name="a_good").build(warehouse)
    Built(name="b_bad", values={"service": "user"}).build(warehouse)
    code, _, err = run("push")
    assert code == 2
    assert "did you mean braze.users" in err
    assert told(hook) == [("b_bad", ["failed"])]
    Built(name="b_bad").build(warehouse)
    monkeypatch.setattr(push_command, "push_activation", lambda *_, **__: RunResult(status="done"))
    assert run("push")[0] == 0
    assert json.loads(hook.requests[1].body)["resolved"] == ["failed"]


def test_a_dry_run_tells_nothing(run: Run, warehouse: Warehouse, hook: Hook) -> None:
    """It shows what would be, and what is does not change by it."""
    Built(values={"hold_reason": "it would delete 5 of 10 synced rows"}).build(warehouse)
    run("push", "--dry-run")
    assert told(hook) == []
    assert run("push")[0] == 3
    assert told(hook) == [("braze_vips", ["held"])]


@pytest.mark.parametrize(
    "entry", ["type: slak", "type: teams, url: \"{{ env_var('NO_HOOK') }}\"", "type: slack, url: x"]
)
def test_a_mistake_in_alerts_stops_no_push(
    run: Run, warehouse: Warehouse, hook: Hook, folder: Path, entry: str
) -> None:
    """It is one line of warning, and the other channels are told; `check` ends with 2."""
    Built(values={"hold_reason": "it would delete 5 of 10 synced rows"}).build(warehouse)
    with (folder / "destinations.yml").open("a", encoding="utf-8") as file:
        file.write(f"  broken: {{{entry}}}\n")
    code, _, err = run("push", "--json")
    assert code == 3
    assert told(hook) == [("braze_vips", ["held"])]
    (line,) = err.splitlines()
    assert line.startswith("Warning: alerts: Alert channel broken in ")
    assert line.endswith(" The push goes on and tells nobody there.")
    code, out, err = run("check", "alerts")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("Alert channel broken in ")


def test_check_reads_the_settings_and_sends_nothing(run: Run, hook: Hook) -> None:
    """By the name of the entry, or with all connections."""
    code, out, _ = run("check", "alerts")
    assert code == 0
    assert out == "alerts: the settings of ops are in order; nothing was sent.\n"
    checked = json.loads(run("check", "--json", "alerts")[1])["connections"]
    assert [(one["connection"], one["ok"]) for one in checked] == [("alerts", True)]
    assert hook.requests == []
