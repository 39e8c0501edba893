"""`runner push` over several activations: what is checked first, and how it ends."""

from __future__ import annotations

import json
import signal

import pytest

from runner.commands import push as push_command
from runner.control import Registration
from runner.errors import ExitCode, UnavailableError
from runner.parts import Part
from runner.report import Reporter, RunResult
from runner.warehouse import Warehouse
from tests.support.commands import Run
from tests.support.warehouses import Built

EVENTS = {"sync_mode": "incremental", "service": "events"}


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
    assert run("push", "--limit", "7", "--shard", "2/3")[0] == expected
    assert pushes.pushed == ["a", "b", "c"]
    part = Part(number=2, parts=3)
    assert pushes.options == {"limit": 7, "part": part, "dry_run": False}


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
    ends = [json.loads(line) for line in out.splitlines()]
    assert [end["exit_code"] for end in ends] == [4, 0]
    assert ends[0]["message"] == "a: Braze cannot be reached."


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"values": {"destination": "braze_us"}}, "did you mean braze_eu"),
        ({"values": {"service": "user"}}, "did you mean braze.users"),
        ({"values": {"service": "crm.users"}}, "has no service crm.users"),
        ({"values": {"sync_mode": "incremental"}}, "users has no sync mode incremental: use"),
        ({"values": {"sync_mode": "insert"}}, "Braze cannot promise sync mode insert, since"),
        (
            {"settings": {"identifiers": {"external_ids": "id"}}},
            "is not an identifier of braze.users",
        ),
        ({"settings": {"settings": {"merge_object": True}}}, "the nearest is `merge_objects`"),
        ({"values": EVENTS}, "`time` is required by"),
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


def test_a_delta_that_is_gone_stops_all_before_anything_is_sent(
    run: Run, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alone or among others, it is named once with its cures, and ends with 2."""
    for name in ("a_good", "b_gone"):
        Built(name=name).build(warehouse)
    warehouse.execute('drop table "marketing"."b_gone"')
    pushes = Pushes()
    monkeypatch.setattr(push_command, "push_activation", pushes)
    for names in (["b_gone"], []):
        code, _, err = run("push", *names)
        assert code == 2
        assert err.startswith('Error: b_gone: its delta table "marketing"."b_gone" does not exist')
        assert "dbt build --select b_gone" in err
        assert len(err.splitlines()) == 1
    assert pushes.pushed == []
    assert run("push", "a_good")[0] == 0


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


def test_a_dry_run_hides_values_until_they_are_asked_for(run: Run, warehouse: Warehouse) -> None:
    """Names, method, address and structure are shown, for people and for programs."""
    attributes = {"first_name": "name", "address": "address"}
    Built(shards=(2,), settings={"attributes": attributes}).build(warehouse)
    payload = '{"first_name": "Ada", "address": {"Planted": 1}}'
    warehouse.execute("update marketing.braze_vips set _payload = ?", [payload])
    code, out, _ = run("push", "--dry-run")
    assert code == 0
    item = '{"external_id":"…","first_name":"…","address":"…"}'
    assert "POST https://rest.test.braze.eu/users/track\n" in out
    assert "Authorization: Bearer ***\n" in out
    assert f'\n{{"attributes":[{item},{item}]}}\n' in out
    for planted in ("key-0", "Ada", "Planted", "k-123456"):
        assert planted not in out
    (event,) = [json.loads(line) for line in run("push", "--dry-run", "--json")[1].splitlines()][:1]
    assert json.loads(event["body"]) == {"attributes": [json.loads(item)] * 2}
    out = run("push", "--dry-run", "--show-values")[1]
    assert '"external_id": "key-0-1"' in out.replace('":"', '": "')
    assert "Planted" in out
    assert "k-123456" not in out
    code, _, err = run("push", "--show-values")
    assert code == 2
    assert "goes with --dry-run" in err
